import type { Mode as ModeName } from '../lab/model.ts';
import { fnat } from './fnat.ts';
import type { Mode } from './mode.ts';

/** Every forwarding mode, by the name that a lab file gives it. */
export const modes: Readonly<Record<ModeName, Mode>> = { fnat };
