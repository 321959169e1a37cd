import type { Bed } from '../checks/bed.ts';
import { type CheckSpec, runCheck } from '../checks/check.ts';
import type { CheckResult, Emit, Verdict } from '../events.ts';
import { formatMs } from '../net/duration.ts';
import { CannotObserve } from '../plan/hand.ts';

/** What a step works with: the bed, and where its results go. */
export class StepContext {
  readonly bed: Bed;
  readonly emit: Emit;
  readonly title: string;
  /** A short name for files of this step. */
  readonly slug: string;
  readonly bootDeadline: number;
  readonly results: CheckResult[];

  constructor(bed: Bed, emit: Emit, title: string, slug: string, bootDeadline: number, results: CheckResult[]) {
    this.bed = bed;
    this.emit = emit;
    this.title = title;
    this.slug = slug;
    this.bootDeadline = bootDeadline;
    this.results = results;
  }

  wait(text: string): void {
    this.emit({ type: 'wait', lab: this.bed.running.name, text });
  }

  fault(text: string, at: number): void {
    this.emit({ type: 'fault', lab: this.bed.running.name, text, at });
  }

  add(result: CheckResult): void {
    this.results.push(result);
    this.emit({ type: 'check', lab: this.bed.running.name, result });
  }

  /**
   * Runs checks side by side and gives their results in the order of the list. `stalled` tells for how
   * many milliseconds the machine itself stood still meanwhile: what failed then is inconclusive.
   */
  async check(specs: readonly CheckSpec[], stalled: () => number = () => 0): Promise<void> {
    const running = specs.map((s) => runCheck(s, this.bed, this.title));
    for (const result of running) result.catch(() => undefined); // each is awaited below
    for (const result of running) {
      const known = await result;
      const stall = known.verdict === 'failed' ? stalled() : 0;
      if (stall === 0) this.add(known);
      else
        this.add({
          ...known,
          verdict: 'inconclusive',
          seen: `${known.seen}; the machine itself was stalled for ${formatMs(stall)}`,
        });
    }
  }

  /** Adds a result that is known at once. */
  tell(
    id: string,
    subject: string,
    verdict: Verdict,
    promised: string,
    seen: string,
    more: Partial<Pick<CheckResult, 'evidence' | 'figures' | 'ms'>> = {},
  ): void {
    this.add({
      id,
      subject,
      step: this.title,
      verdict,
      promised,
      seen,
      evidence: more.evidence ?? [],
      ms: more.ms ?? 0,
      ...(more.figures ? { figures: more.figures } : {}),
    });
  }

  /** Runs a part whose observation may be impossible: then it is one inconclusive result. */
  async attempt(id: string, subject: string, promised: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CannotObserve)) throw error;
      this.tell(id, subject, 'inconclusive', promised, error.message);
    }
  }
}
