import type { ContainerNeeds } from '../engine/engine.ts';
import type { Image } from '../engine/images.ts';
import type { Interface, LabNode } from '../model/node.ts';
import type { KernelName } from '../model/words.ts';
import type { Module } from '../nodes/modules.ts';

/** Whether a kernel works on this engine, and the reason in words. */
export interface Availability {
  readonly usable: boolean;
  readonly version: string;
  readonly why: string;
}

/** The commands that create a node's cards, before anything else is set on them. */
export interface Cards {
  /** Lines of `ip -batch`. */
  readonly ip: readonly string[];
  /** Lines of `tc -batch`. */
  readonly tc: readonly string[];
  /** Devices whose offloads must be off: their frames must be complete when they leave. */
  readonly offload: readonly string[];
}

/** A trial of what a kernel must be able to do. */
export interface Trial {
  /** Modules that must exist. */
  readonly modules: readonly Module[];
  /** Scripts of the image that run in a network stack of that kernel; one fails if the kernel lacks something. */
  readonly scripts: readonly string[];
  /** What a success means, in words. */
  readonly works: string;
  /** The requirements, for a user whose engine does not meet them. */
  readonly wanted: string;
}

/** What is tried on a kernel: a driver, needs of a node, or both. */
export interface Tried {
  /** Identifies it among all that is tried. */
  readonly name: string;
  readonly trial: Trial;
  /** What its containers need beyond the kernel's needs. */
  readonly needs: Pick<ContainerNeeds, 'memoryMb' | 'devices'>;
  /** The image in which it is tried. */
  image(): Image;
}

/**
 * A small kernel of this kind that the fabric boots and inserts into a wire: it forwards frames, and shapes what a node
 * sends.
 */
export interface Hop {
  /** What the fabric's container needs for it. */
  readonly needs: ContainerNeeds;
  /**
   * Its first process: a script of the image, started through a link in a folder of its own. It forwards frames from
   * one end to the other, applies the netem of the file `netem` in that folder to what the node sends, and writes
   * `shown` when it does.
   */
  readonly init: string;
  /**
   * Returns the command line that boots it in the fabric, with that script, between two taps: the node's end and the
   * segment's.
   */
  command(init: string, taps: readonly [node: string, segment: string], mtu: number): readonly string[];
}

/**
 * The kernel whose network stack a node uses. A mode, a driver and a check do not know which kernel it is: they see
 * interfaces with the lab's names, and commands run where the network is.
 */
export interface Kernel {
  readonly name: KernelName;
  /** True for a node's own kernel, which boots with the node; false for the engine's, which all nodes share. */
  readonly own: boolean;
  /** Returns the image of a node with it, built on the image that the node would have otherwise; absent if that has it. */
  image?(on: Image): Image;
  /** Returns why its image cannot be made, if the user's own files that it takes are not as they must be. */
  missing?(): string | undefined;
  /** What the container needs, whatever runs in it. */
  readonly needs: ContainerNeeds;
  /** Megabytes of this machine's memory that a node with it uses: measured, with a reserve. */
  readonly takesMb: number;
  /** The name of its process in the container, if it is one. */
  readonly process?: string;
  /** Files of the image that belong to it; no file of the user can replace them. */
  readonly programs: readonly string[];
  /** The names of its own devices, in the node and in its container. */
  readonly devices?: RegExp;
  /** Returns its version, from the engine's own kernel version and from the output of its trial. */
  version(engine: string, tried: () => Promise<string>): Promise<string>;
  /**
   * Returns the capabilities that the node's container needs, out of those that its programs need: a guest has all
   * rights in its own kernel.
   */
  capabilities(programs: readonly string[]): readonly string[];
  /** Returns commands that make kernel modules available; their words contain no spaces. */
  load(modules: readonly Module[]): readonly string[];
  /** Returns files in addition to the node's own: how its kernel starts. */
  files(node: LabNode): Readonly<Record<string, string>>;
  /** Returns the commands that create a node's network cards. */
  cards(node: LabNode): Cards;
  /** Returns the device that takes away a card's carrier when it is set down, if cutting the wire outside does not. */
  carrier(node: LabNode, card: Interface): string | undefined;
  /** The hop that it can put into a wire, if any. */
  readonly hop?: Hop;
  /**
   * Returns the command of a container created with `needs`: prints the kernel's version, and exits with 0 if the trial
   * succeeds.
   */
  probe(trial: Trial): readonly string[];
}
