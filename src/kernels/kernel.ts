import type { ContainerNeeds } from '../engine/engine.ts';
import type { Interface, LabNode } from '../lab/model.ts';

/** Whether a kernel works on this engine, and in words why (not). */
export interface Availability {
  readonly usable: boolean;
  readonly version: string;
  readonly why: string;
}

/**
 * Whose network stack a node uses. A mode, a driver and a check do not know which: they see
 * interfaces with the lab's names, and commands run where the network is.
 */
export interface Kernel {
  readonly name: KernelName;
  /** What the container must be given. */
  readonly needs: ContainerNeeds;
  /** Shell lines that make kernel modules available; `ip_vs` brings what Full-NAT stands on. */
  load(modules: readonly string[]): readonly string[];
  /** Files beside the node's own: how its kernel starts. */
  files(node: LabNode): Readonly<Record<string, string>>;
  /** `ip -batch` lines that give an interface the lab's name, before its address. */
  nameInterface(iface: Interface, index: number): readonly string[];
  /** Shell script for a container made with `needs`: prints the kernel's version, ends 0 when it can do IPVS and Full-NAT. */
  readonly probe: string;
}

export type KernelName = 'host' | 'uml';
