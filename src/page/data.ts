import type { Counts, Verdict } from '../events.ts';

/**
 * What the page of a report shows: plain data, made by `pageOf` from a report's folder and drawn by web/report. Times
 * are in milliseconds if nothing else is said.
 */
export interface PageData {
  /** When the page was made, in ISO form. */
  readonly made: string;
  readonly labs: readonly LabPage[];
  /** What was left out so that the page stays small, in a sentence; absent if nothing was. */
  readonly shortened?: string;
}

/** One tested lab. */
export interface LabPage {
  readonly name: string;
  /** Its folder relative to the page, with a slash at its end; empty if it is the page's own. */
  readonly folder: string;
  readonly source: string;
  readonly started: string;
  readonly ms: number;
  /** Why the run ended early, if it did. */
  readonly ended?: string;
  readonly counts: Counts;
  readonly engine: { readonly version: string; readonly kernel: string };
  readonly nodes: readonly NodeFacts[];
  readonly software: readonly string[];
  readonly earlier: readonly string[];
  readonly left: readonly string[];
  readonly steps: readonly StepPage[];
  readonly picture?: Picture;
  readonly tables: readonly TablePage[];
  readonly files: readonly FilePage[];
}

/** What a node ran on. */
export interface NodeFacts {
  readonly name: string;
  readonly kind: string;
  readonly kernel: string;
  readonly kernelVersion: string;
  readonly driver?: string;
}

/** A step of the scenario, with its checks in the order of their results. */
export interface StepPage {
  readonly title: string;
  readonly checks: readonly CheckPage[];
  /** One for each time that the step injected a fault. */
  readonly timelines: readonly Timeline[];
}

export interface CheckPage {
  /** Its part of a deep link, unique in its step. */
  readonly key: string;
  readonly id: string;
  readonly subject: string;
  readonly verdict: Verdict;
  readonly promised: string;
  readonly seen: string;
  readonly evidence: readonly EvidencePage[];
  readonly ms: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly frames: readonly FramePage[];
}

/** A file that a check names as its evidence: `file` is its link relative to the page, absent if it is not there. */
export interface EvidencePage {
  readonly name: string;
  readonly about: string;
  readonly href?: string;
}

/** A decoded frame that decided a check. */
export interface FramePage {
  /** Milliseconds after the first frame of the check. */
  readonly at: number;
  readonly segment: string;
  /** Names of the nodes of both MAC addresses, and the addresses. */
  readonly from: string;
  readonly to: string;
  readonly fromMac: string;
  readonly toMac: string;
  readonly protocol: string;
  /** Source and destination, with ports. */
  readonly src: string;
  readonly dst: string;
  /** Flags, numbers, and what else matters, in words. */
  readonly info: string;
  /** Its tunnel: `IPIP 10.0.0.1 → 10.0.0.2`. */
  readonly outer?: string;
  /** The client that TOA or UOA names. */
  readonly client?: string;
  readonly wrong: boolean;
}

/** A fault and its end on one clock, whose zero is the fault. */
export interface Timeline {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly probes: readonly ProbeLine[];
  readonly marks: readonly Mark[];
  readonly lanes: readonly Lane[];
  readonly outages: readonly OutagePage[];
}

/** What a client noticed. */
export interface ProbeLine {
  readonly client: string;
  /** Each new connection: when it started, how long it took, and whether it was answered. */
  readonly fresh: Samples;
  /** Each request on a held connection, or datagram of a stream. */
  readonly held: Samples;
}

/** Samples as three lists of one length, in tenths of milliseconds: `at` as the difference to the sample before. */
export interface Samples {
  readonly at: readonly number[];
  readonly took: readonly number[];
  /** The indexes of those that got no answer. */
  readonly lost: readonly number[];
}

export interface Mark {
  readonly at: number;
  readonly kind: 'fault' | 'heal' | 'wait';
  readonly text: string;
}

/** A row of a timeline: what a node did for a VRRP instance. */
export interface Lane {
  readonly node: string;
  readonly instance: string;
  readonly adverts: readonly number[];
  /** Adverts with priority 0: it resigned. */
  readonly resigned: readonly number[];
  readonly announced: readonly { readonly at: number; readonly address: string }[];
  readonly reigns: readonly { readonly from: number; readonly to: number }[];
}

/** An outage against its budget. */
export interface OutagePage {
  /** The check that judged it. */
  readonly check: string;
  readonly subject: string;
  readonly verdict: Verdict;
  readonly outage: number;
  /** Absent if it was reported, and not judged. */
  readonly budget?: number;
  readonly margin: number;
  /** How the budget comes about: `3 × 1.00 s + …`. */
  readonly words: string;
  /** Start of the outage on the timeline's clock; absent if nothing was lost. */
  readonly from?: number;
}

/** A service table of a director, as it was last read. */
export interface TablePage {
  readonly node: string;
  readonly file: string;
  readonly services: readonly {
    readonly name: string;
    readonly scheduler: string;
    readonly servers: readonly (readonly [server: string, forward: string, weight: string])[];
  }[];
}

export interface FilePage {
  readonly name: string;
  readonly href: string;
  readonly bytes: number;
  /** Its content, if it is text and small. */
  readonly text?: string;
}

/** A lab as a drawing: a grid of nodes, with segments as lines across between its rows. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly wires: readonly PictureWire[];
  readonly boxes: readonly PictureBox[];
  readonly stems: readonly PictureStem[];
  readonly ways: readonly PictureWay[];
}

export interface PictureWire {
  readonly name: string;
  /** Its subnets, and its MTU if it has one of its own. */
  readonly about: readonly string[];
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

export interface PictureBox {
  readonly name: string;
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Lines below its name: devices, addresses on no segment, its driver. */
  readonly lines: readonly PictureLabel[];
}

/** The connection of a node to a segment. */
export interface PictureStem {
  readonly node: string;
  readonly segment: string;
  readonly x: number;
  readonly from: number;
  readonly to: number;
  readonly labels: readonly PictureLabel[];
  /** Where its labels begin. */
  readonly y: number;
}

export interface PictureLabel {
  readonly text: string;
  readonly kind: 'address' | 'vip' | 'lip' | 'device';
}

/** The way of a service's packets. */
export interface PictureWay {
  readonly service: string;
  readonly head: string;
  readonly request: string;
  readonly reply: string;
  /** For each hop a line of points, in the direction of the packets. */
  readonly requests: readonly (readonly (readonly [number, number])[])[];
  readonly replies: readonly (readonly (readonly [number, number])[])[];
}
