import type { ContainerNeeds } from '../engine/engine.ts';
import type { ImageName } from '../engine/images.ts';
import type { Interface, LabNode } from '../model/node.ts';
import type { KernelName } from '../model/words.ts';
import type { Module } from '../nodes/modules.ts';

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

/** What a kernel must be able to do, tried by using it. */
export interface Trial {
  /** Modules that must be there. */
  readonly modules: readonly Module[];
  /** A script of the image, run in a network stack of that kernel, that fails where it cannot. */
  readonly script: string;
  /** What is tried, in words: `IPVS and Full-NAT`. */
  readonly what: string;
  /** What it takes, for a user whose engine does not have it. */
  readonly wanted: string;
}

/** Who wants to run on a kernel: a driver. */
export interface Tried {
  readonly name: string;
  readonly image: ImageName;
  readonly trial: Trial;
}

/** A small kernel of this kind that the fabric boots and puts into a wire: it hands frames on, and shapes what a node sends. */
export interface Hop {
  /** What the fabric's container must be given for it. */
  readonly needs: ContainerNeeds;
  /**
   * Its first process, a script of the image that is called by a link in a folder of its own: it hands frames from one
   * end to the other, what the node sends through the netem of the file `netem` there, and writes `shown` once it does.
   */
  readonly init: string;
  /** The command line that boots it in the fabric, with that script, between taps: the node's end and the segment's. */
  command(init: string, taps: readonly [node: string, segment: string]): readonly string[];
}

/**
 * Whose network stack a node uses. A mode, a driver and a check do not know which: they see
 * interfaces with the lab's names, and commands run where the network is.
 */
export interface Kernel {
  readonly name: KernelName;
  /** It is a node's own, and boots with it; else it is the engine's, which all share. */
  readonly own: boolean;
  /** What the container must be given, whatever runs in it. */
  readonly needs: ContainerNeeds;
  /** Megabytes that a node with it takes of the machine: measured, with room to spare. */
  readonly takesMb: number;
  /** The program that it is, in its container. */
  readonly process?: string;
  /** Files of the image that it is made of, where none of the user's can be. */
  readonly programs: readonly string[];
  /** What it calls devices of its own, in the node and in its container. */
  readonly devices?: RegExp;
  /** Its version, by what the engine tells of its own and what was told when it was tried. */
  version(engine: string, tried: () => Promise<string>): Promise<string>;
  /** Of the capabilities that a node's programs ask for, those that its container must have: a guest is master of its own. */
  capabilities(programs: readonly string[]): readonly string[];
  /** Commands that make kernel modules available, without spaces in their words. */
  load(modules: readonly Module[]): readonly string[];
  /** Files beside the node's own: how its kernel starts. */
  files(node: LabNode): Readonly<Record<string, string>>;
  /** How a node gets its network cards. */
  cards(node: LabNode): Cards;
  /** The device whose going down takes a card's carrier, where cutting the wire outside does not. */
  carrier(node: LabNode, card: Interface): string | undefined;
  /** What it does for wires, where it can. */
  readonly hop?: Hop;
  /** The command of a container made with `needs`: prints the kernel's version, ends 0 when it can do what is tried. */
  probe(trial: Trial): readonly string[];
}
