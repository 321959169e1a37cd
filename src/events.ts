/** Everything that happens, as data: only output/ turns it into text, and a report keeps it unchanged. */
export type Event =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'plan'; readonly lab: string; readonly nodes: readonly string[] }
  | {
      readonly type: 'node';
      readonly lab: string;
      readonly node: string;
      readonly state: NodeProgress;
      readonly detail?: string;
    }
  | {
      readonly type: 'lab';
      readonly lab: string;
      readonly state: 'up' | 'unchanged' | 'down';
      readonly detail: string;
      readonly ms: number;
    }
  | { readonly type: 'again'; readonly lab: string }
  /** A run begins of a lab that is tested several times; `of` is absent if nobody knows how often. */
  | { readonly type: 'run'; readonly lab: string; readonly run: number; readonly of?: number }
  | { readonly type: 'step'; readonly lab: string; readonly title: string }
  | { readonly type: 'wait'; readonly lab: string; readonly text: string }
  /** A fault took effect at a time (microseconds of the engine's wall clock), or, with `over`, its end did. */
  | {
      readonly type: 'fault';
      readonly lab: string;
      readonly text: string;
      readonly at: number;
      readonly over?: true;
    }
  /** Changes of a run that could not be undone. */
  | { readonly type: 'left'; readonly lab: string; readonly changes: readonly string[] }
  /** A check begins to look; `within`: milliseconds until its promise must hold, 0 if it looks once. */
  | {
      readonly type: 'checking';
      readonly lab: string;
      readonly id: string;
      readonly subject: string;
      readonly within: number;
    }
  | { readonly type: 'check'; readonly lab: string; readonly result: CheckResult }
  | {
      readonly type: 'summary';
      readonly lab: string;
      readonly counts: Counts;
      readonly ms: number;
      readonly interrupted: boolean;
    };

export type NodeProgress =
  | 'creating'
  | 'created'
  | 'starting'
  | 'booting'
  | 'ready'
  | 'failed'
  | 'removing'
  | 'removed';

/** Receives events as they happen. `at` is added by the code that stores them. */
export type Emit = (event: Event) => void;

export type Verdict = 'passed' | 'failed' | 'inconclusive' | 'skipped';

/** The result of a check: what was promised, what was seen, and where the evidence is. */
export interface CheckResult {
  /** Its ID in reports and tests: `fnat.source`. */
  readonly id: string;
  /** Its subject: a service, a director. */
  readonly subject: string;
  readonly step: string;
  readonly verdict: Verdict;
  readonly promised: string;
  readonly seen: string;
  /** Names of files in the report's folder. */
  readonly evidence: readonly string[];
  readonly ms: number;
  /** Figures for programs, such as outage times, in milliseconds. */
  readonly figures?: Readonly<Record<string, number>>;
  /** The frames that decided it, as far as it looks at frames. */
  readonly frames?: readonly FrameRef[];
  /**
   * Inconclusive because a node was stalled, or this machine was too busy to look in time: a re-run may reach a
   * verdict.
   */
  readonly stalled?: true;
}

/** Counts the results of each verdict. */
export function countResults(results: readonly Pick<CheckResult, 'verdict'>[]): Counts {
  const of = (verdict: Verdict) => results.filter((r) => r.verdict === verdict).length;
  return { passed: of('passed'), failed: of('failed'), inconclusive: of('inconclusive'), skipped: of('skipped') };
}

/** A frame in a report's captures. */
export interface FrameRef {
  readonly segment: string;
  /** Its time in microseconds, by which the capture of its segment has it. */
  readonly at: number;
  /** It is not as promised. */
  readonly wrong?: true;
}

/** Returns the sum of the counts of several runs. */
export function sumCounts(all: readonly Counts[]): Counts {
  const sum = (of: (c: Counts) => number) => all.reduce((total, c) => total + of(c), 0);
  return {
    passed: sum((c) => c.passed),
    failed: sum((c) => c.failed),
    inconclusive: sum((c) => c.inconclusive),
    skipped: sum((c) => c.skipped),
  };
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly skipped: number;
}
