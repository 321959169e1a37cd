import { MODES, type Mode as ModeName } from '../model/words.ts';
import { dr } from './dr.ts';
import { fnat } from './fnat.ts';
import type { Mode } from './mode.ts';
import { nat } from './nat.ts';
import { tun } from './tun.ts';

/** Every forwarding mode of a service, by the name that a lab file gives it. SNAT has no service: see model/snat.ts. */
export const modes: Readonly<Record<ModeName, Mode>> = { nat, fnat, dr, tun };

/** The names of the modes that are so, in words: `fnat, dr and tun`. */
export function modesThat(are: (mode: Mode) => boolean, and: 'and' | 'or'): string {
  const names = MODES.filter((name) => are(modes[name]));
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(` ${and} `);
}
