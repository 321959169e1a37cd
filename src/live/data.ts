import type { CheckPage, FramePage, Picture, Timeline } from '../page/data.ts';

/** A lab in the engine, as a list shows it. */
export interface LabRow {
  readonly name: string;
  /** `running`, `broken`, or how many of its nodes run. */
  readonly state: string;
}

/** What does not change while a lab runs. */
export interface LabFacts {
  readonly name: string;
  readonly source: string;
  readonly picture: Picture;
  /** Every fault that it can have, such as `kill:lb1`. */
  readonly faults: readonly string[];
  readonly segments: readonly string[];
}

/** A node as it is now. */
export interface LiveNode {
  readonly name: string;
  readonly kind: string;
  /** `running`, `ended`, `gone`, or `not answering`. */
  readonly state: string;
}

/** A real server in the table of a director. */
export interface LiveReal {
  /** Its node, or its address if no node has it. */
  readonly node: string;
  readonly address: string;
  readonly forward: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  /** New connections per second, if the driver tells it. */
  readonly rate?: number;
}

export interface LiveService {
  /** The service of the lab, or the words of the entry if it is none of the lab's. */
  readonly name: string;
  readonly entry: string;
  readonly scheduler: string;
  readonly reals: readonly LiveReal[];
}

export interface LiveTable {
  readonly node: string;
  readonly services: readonly LiveService[];
}

/** The directors that send adverts of a VRRP instance now. */
export interface LiveMasters {
  readonly instance: string;
  readonly nodes: readonly string[];
}

/** A lab as it is now. */
export interface LiveState {
  readonly name: string;
  readonly up: 'running' | 'broken' | 'gone' | 'unknown';
  /** Why it cannot be seen, or what is broken; absent if nothing is. */
  readonly trouble?: string;
  readonly nodes: readonly LiveNode[];
  readonly masters: readonly LiveMasters[];
  readonly tables: readonly LiveTable[];
  /** Active faults and other changes, by the words of `lab heal`. */
  readonly active: readonly string[];
  /** Whether a client asks a service all the time, and if not, why. */
  readonly probe: string;
}

/** Something that happened. `at`: milliseconds of the engine's wall clock. */
export interface LogEntry {
  readonly at: number;
  readonly kind: 'fault' | 'heal' | 'master' | 'gap' | 'table' | 'node' | 'lab' | 'told';
  readonly text: string;
}

/** A test of the lab, as far as it is. */
export interface TestView {
  readonly runs: boolean;
  /** What it does now. */
  readonly step: string;
  readonly checks: readonly CheckPage[];
  /** How it ended; absent while it runs. */
  readonly ended?: string;
}

/** What the server tells a page. */
export type Told =
  | {
      readonly type: 'labs';
      readonly labs: readonly LabRow[];
      readonly known: readonly string[];
      readonly trouble?: string;
    }
  | { readonly type: 'facts'; readonly lab: string; readonly facts: LabFacts }
  | { readonly type: 'state'; readonly lab: string; readonly state: LiveState }
  | { readonly type: 'strip'; readonly lab: string; readonly timeline: Timeline }
  | { readonly type: 'log'; readonly lab: string; readonly entries: readonly LogEntry[] }
  | { readonly type: 'test'; readonly lab: string; readonly test: TestView }
  | { readonly type: 'output'; readonly lab: string; readonly node: string; readonly text: string }
  /** Packets of the page's own capture since the last ones, and whether it goes on. */
  | { readonly type: 'packets'; readonly lab: string; readonly frames: readonly FramePage[]; readonly runs: boolean }
  | { readonly type: 'done'; readonly id: number; readonly ok: boolean; readonly text: string };
