import type { KernelChoice, LabNode } from '../lab/model.ts';
import { host } from './host.ts';
import type { Kernel, KernelName } from './kernel.ts';
import { uml } from './uml.ts';

/** Every kernel, in the order in which `auto` prefers them. */
export const kernels: Readonly<Record<KernelName, Kernel>> = { uml, host };

/**
 * What a node asks for: its own choice, else `auto`, which for a node that needs nothing of its
 * kernel beyond addresses and routes is the engine's kernel: only directors pay for one of their own.
 */
export function wantedKernel(node: LabNode): KernelChoice {
  return node.kernel === 'auto' && node.kind !== 'director' ? 'host' : node.kernel;
}
