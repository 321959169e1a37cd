import type { Mode as ModeName } from '../model/words.ts';
import { dr } from './dr.ts';
import { fnat } from './fnat.ts';
import type { Mode } from './mode.ts';
import { nat } from './nat.ts';
import { tun } from './tun.ts';

/** Every forwarding mode of a service, by the name that a lab file gives it. SNAT, which has no service, is snat.ts. */
export const modes: Readonly<Record<ModeName, Mode>> = { nat, fnat, dr, tun };
