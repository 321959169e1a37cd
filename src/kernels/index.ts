import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { KernelChoice, KernelName } from '../model/words.ts';
import { needsModules } from '../nodes/files.ts';
import { host } from './host.ts';
import type { Kernel } from './kernel.ts';
import { uml } from './uml.ts';

/** Every kernel, in the order in which `auto` prefers them. */
export const kernels: Readonly<Record<KernelName, Kernel>> = { uml, host };

/**
 * What a node asks for: its own choice, else `auto`, which for a node that stands on no kernel module
 * is the engine's kernel: only who needs a kernel of its own pays for one.
 */
export function wantedKernel(lab: Lab, node: LabNode): KernelChoice {
  return node.kernel === 'auto' && !needsModules(lab, node) ? 'host' : node.kernel;
}
