import { setTimeout as delay } from 'node:timers/promises';
import type { CheckResult, FrameRef } from '../events.ts';
import { CannotObserve, Outpaced } from '../plan/hand.ts';
import type { Bed } from './bed.ts';

/** The result of a look: whether the promise holds, what was seen, and where the evidence is. */
export interface Observation {
  readonly ok: boolean;
  readonly seen: string;
  readonly evidence?: readonly string[];
  readonly figures?: Readonly<Record<string, number>>;
  /** The frames that decide it: see `framesOf`. */
  readonly frames?: readonly FrameRef[];
  /** No later look can change the result: do not wait for the deadline. */
  readonly final?: boolean;
  /**
   * The node that was stalled during the look, in words, if the stall alone may explain a failure: the check is then
   * inconclusive.
   */
  readonly stall?: string | undefined;
}

/** How long something may take, in milliseconds, and how this number is derived. */
export interface Budget {
  readonly ms: number;
  readonly words: string;
  /** Not one request may be lost: no margin covers a loss. */
  readonly lossless?: true;
}

/** The subject and the promise of a result: known before the first look. */
export type Promised = Pick<CheckResult, 'id' | 'subject' | 'promised'>;

/** Returns the subject and the promise of a check. */
export function promisedBy({ id, subject, promise }: CheckSpec): Promised {
  return { id, subject, promised: promise };
}

/**
 * A check: what is promised about which subject, and how to look. It looks at once, then repeatedly until the deadline,
 * and once at the deadline.
 */
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

/** Runs a check to its verdict. Throws only when aborted, or on an internal error. */
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
    ...(o.frames && o.frames.length > 0 ? { frames: o.frames } : {}),
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
    // A look takes time: only a look that began at or after the deadline shows that the promise does not hold then.
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
