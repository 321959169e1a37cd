import type { ContainerNeeds } from '../engine/engine.ts';
import type { Interface, LabNode } from '../model/node.ts';
import type { KernelName } from '../model/words.ts';

/** Whether a kernel works on this engine, and in words why (not). */
export interface Availability {
  readonly usable: boolean;
  readonly version: string;
  readonly why: string;
}

/** What makes a node's cards, before anything else is set on them. */
export interface Cards {
  /** Lines of `ip -batch`. */
  readonly ip: readonly string[];
  /** Lines of `tc -batch`. */
  readonly tc: readonly string[];
  /** Devices whose offloads must be off: their frames leave finished. */
  readonly offload: readonly string[];
}

/**
 * Whose network stack a node uses. A mode, a driver and a check do not know which: they see
 * interfaces with the lab's names, and commands run where the network is.
 */
export interface Kernel {
  readonly name: KernelName;
  /** What the container must be given, whatever runs in it. */
  readonly needs: ContainerNeeds;
  /** Of the capabilities that a node's programs ask for, those that its container must have: a guest is master of its own. */
  capabilities(programs: readonly string[]): readonly string[];
  /** Shell lines that make kernel modules available; `ip_vs` brings what Full-NAT stands on. */
  load(modules: readonly string[]): readonly string[];
  /** Files beside the node's own: how its kernel starts. */
  files(node: LabNode): Readonly<Record<string, string>>;
  /** How a node gets its network cards. */
  cards(node: LabNode): Cards;
  /** The device whose going down takes a card's carrier, where cutting the wire outside does not. */
  carrier(node: LabNode, card: Interface): string | undefined;
  /** Shell script for a container made with `needs`: prints the kernel's version, ends 0 when it can do IPVS and Full-NAT. */
  readonly probe: string;
}
