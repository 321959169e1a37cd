import type { Fault } from './fault.ts';
import type { ExpectationKind, FlowFate } from './words.ts';

/** A step of a scenario; `covers` names what it shows, in words of the lab file’s author. */
export type Step = { readonly covers?: readonly string[] } & (
  | { readonly kind: 'contract'; readonly service: string }
  | { readonly kind: 'snat'; readonly rule: string }
  | { readonly kind: 'health'; readonly service: string; readonly stop: string }
  | FaultStep
  | { readonly kind: 'check'; readonly expect: Expectation }
  | { readonly kind: 'persistence'; readonly service: string }
  | {
      readonly kind: 'arp';
      readonly address: string;
      readonly from: string;
      /** The number of replies to one request. */
      readonly replies: number;
    }
  | {
      readonly kind: 'cut';
      readonly service: string;
      readonly node: string;
      readonly links: readonly string[];
      /** Whether the service still answers while they are cut. */
      readonly answers: boolean;
    }
);

/** A fault, what must be observed while it is active, and after it is healed. */
export interface FaultStep {
  readonly kind: 'fault';
  readonly fault: Fault;
  /** The service that is probed during the whole step. */
  readonly service: string;
  /** The clients that probe it. */
  readonly clients: readonly string[];
  readonly outage: Allowed;
  /** Number of connections that each client holds open. */
  readonly flows: number;
  /** The fate of connections that were open before: all survive, or not all. */
  readonly flow?: FlowFate;
  /** Whether clients must still reach the same real servers while the fault is active. */
  readonly sticks: boolean;
  readonly during: readonly Expectation[];
  readonly healed: readonly Expectation[];
  readonly repeat: number;
}

/**
 * What clients may notice of a fault: what its kind and the lab's timers allow, a maximum in milliseconds, or that the
 * service is gone until the fault is healed.
 */
export type Allowed = 'budget' | 'lasts' | number;

/** Maximum number of connections that a client holds open (images/node/src/probe.c). */
export const MOST_FLOWS = 256;

/** The properties of each kind of expectation. */
interface ExpectationOf {
  readonly master: { readonly nodes: readonly string[]; readonly instance?: string };
  readonly answers: { readonly service: string; readonly by: readonly string[] };
  readonly silent: { readonly service: string };
  readonly weight: { readonly service: string; readonly node: string; readonly weight: number | 'none' };
  readonly run: { readonly run: RunCommand };
  readonly shows: { readonly shown: ShownOutput };
}

/** What must hold: it must become true in `within` milliseconds, and stay true for `lasts` milliseconds. */
export type Expectation = {
  [K in ExpectationKind]: {
    readonly kind: K;
    readonly within: number;
    readonly every: number;
    readonly lasts: number;
  } & ExpectationOf[K];
}[ExpectationKind];

/** A command in a node, and its expected result. */
export interface RunCommand {
  readonly node: string;
  readonly command: string;
  readonly title: string;
  readonly exits: number;
  /** A regular expression that the output must match. */
  readonly prints?: string;
}

/** A command in a node that only reads, and what a document shows as its output. */
export interface ShownOutput {
  readonly node: string;
  readonly command: string;
  /** The file with the document's output, as the lab file names it. */
  readonly file: string;
  /** The lines that the lab must print, in any order, as `printedLines` reads them. */
  readonly lines: readonly string[];
}
