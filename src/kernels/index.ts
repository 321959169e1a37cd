import { KERNELS, type KernelName } from '../model/words.ts';
import { host } from './host.ts';
import type { Kernel } from './kernel.ts';
import { qemu } from './qemu.ts';
import { uml } from './uml.ts';

/** Every kernel, in `auto`'s order of preference. */
export const kernels: Readonly<Record<KernelName, Kernel>> = { uml, host, qemu };

/** The kernel of nodes that need no kernel of their own: the engine's. */
export const PLAIN: KernelName = KERNELS.find((name) => !kernels[name].own) ?? KERNELS[0];
