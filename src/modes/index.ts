import type { Service } from '../model/service.ts';
import { MODES, type Mode as ModeName } from '../model/words.ts';
import { dr } from './dr.ts';
import { fnat } from './fnat.ts';
import type { Mode, Wire } from './mode.ts';
import { nat } from './nat.ts';
import { tun } from './tun.ts';

/** Every forwarding mode of a service, by its name in a lab file. SNAT has no service: see model/snat.ts. */
export const modes: Readonly<Record<ModeName, Mode>> = { nat, fnat, dr, tun };

/** Returns the names of the modes that meet a condition, in words: `fnat, dr and tun`. */
export function modesThat(are: (mode: Mode) => boolean, and: 'and' | 'or'): string {
  const names = MODES.filter((name) => are(modes[name]));
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(` ${and} `);
}

/** Returns what the wires show of a service: its mode's promise, with the directors' own address if they masquerade. */
export function wireOf({ mode, masquerades }: Pick<Service, 'mode' | 'masquerades'>): Wire {
  const { wire } = modes[mode];
  return masquerades && wire.source === 'client' && wire.reply === 'director'
    ? { ...wire, source: 'director', back: 'director' }
    : wire;
}
