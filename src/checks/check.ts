import { setTimeout as delay } from 'node:timers/promises';
import type { CheckResult } from '../events.ts';
import { CannotObserve, Outpaced } from '../plan/hand.ts';
import type { Bed } from './bed.ts';

/** What a look gave: whether the promise holds, what was seen, and where that can be looked up. */
export interface Observation {
  readonly ok: boolean;
  readonly seen: string;
  readonly evidence?: readonly string[];
  readonly figures?: Readonly<Record<string, number>>;
  /** No later look can change it: do not wait for the deadline. */
  readonly final?: boolean;
  /** The node that was stalled meanwhile, in words, if the stall alone may be the reason for a failure: then the check is inconclusive. */
  readonly stall?: string | undefined;
}

/** How long something may take, in milliseconds, and how that comes about. */
export interface Budget {
  readonly ms: number;
  readonly words: string;
}

/** What a result is about, and what is promised: known before anything is looked at. */
export type Promised = Pick<CheckResult, 'id' | 'subject' | 'promised'>;

/** What a check will tell of. */
export function promisedBy({ id, subject, promise }: CheckSpec): Promised {
  return { id, subject, promised: promise };
}

/** A check: what is promised about whom, and how to look. It looks first, then again until the deadline, and once when it has come. */
export interface CheckSpec {
  readonly id: string;
  readonly subject: string;
  readonly promise: string;
  /** Milliseconds until the promise must hold. */
  readonly within: number;
  /** Milliseconds between looks. */
  readonly every: number;
  look(bed: Bed): Promise<Observation>;
}

/** Runs a check to its verdict. Throws only when aborted, or for a bug of ours. */
export async function runCheck(spec: CheckSpec, bed: Bed, step: string): Promise<CheckResult> {
  const began = performance.now();
  const result = (verdict: CheckResult['verdict'], o: Omit<Observation, 'ok'>): CheckResult => ({
    id: spec.id,
    subject: spec.subject,
    step,
    verdict,
    promised: spec.promise,
    seen: o.seen,
    evidence: o.evidence ?? [],
    ms: performance.now() - began,
    ...(o.figures ? { figures: o.figures } : {}),
    ...(verdict === 'inconclusive' && o.stall !== undefined ? { stalled: true } : {}),
  });
  for (;;) {
    bed.signal.throwIfAborted();
    const looked = performance.now() - began;
    let last: Observation | undefined;
    let trouble = new CannotObserve('');
    try {
      last = await spec.look(bed);
      if (last.ok) return result('passed', last);
    } catch (error) {
      if (!(error instanceof CannotObserve)) throw error;
      trouble = error;
    }
    // A look takes its time: only one that began when the time was up tells that the promise does not hold then.
    if (last?.stall !== undefined) return result('inconclusive', { ...last, seen: `${last.seen}; ${last.stall}` });
    if (looked >= spec.within || last?.final)
      return last
        ? result('failed', last)
        : result('inconclusive', {
            seen: `cannot be observed: ${trouble.message}`,
            stall: trouble instanceof Outpaced ? trouble.message : undefined,
          });
    const left = spec.within - (performance.now() - began);
    await delay(Math.max(0, Math.min(spec.every, left)), undefined, { signal: bed.signal });
  }
}
