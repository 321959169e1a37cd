import { lookBack } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import { type CheckSpec, type Promised, runCheck } from '../checks/check.ts';
import type { CheckResult, Emit, Verdict } from '../events.ts';
import { CannotObserve, Outpaced } from '../plan/hand.ts';

/** Milliseconds of packets that are held before a step, or more if adverts are rare. */
const BEFORE_MS = 10_000;

/** What a step is told of itself. */
export interface StepOptions {
  readonly title: string;
  /** A short name for its files. */
  readonly slug: string;
  /** Milliseconds for nodes that it starts again. */
  readonly bootDeadline: number;
  /** Whether it has time limits, so that failures are judged with regard to stalls. */
  readonly timed: boolean;
}

/** What a step works with: the bed, and the destination of its results. */
export class StepContext {
  readonly bed: Bed;
  readonly emit: Emit;
  readonly title: string;
  readonly slug: string;
  readonly bootDeadline: number;
  readonly results: CheckResult[];
  readonly timed: boolean;
  #began: number;

  constructor(bed: Bed, emit: Emit, step: StepOptions, results: CheckResult[]) {
    this.bed = bed;
    this.emit = emit;
    this.title = step.title;
    this.slug = step.slug;
    this.bootDeadline = step.bootDeadline;
    this.timed = step.timed;
    this.results = results;
    this.#began = bed.wire.newest;
    this.#forget();
  }

  wait(text: string): void {
    this.emit({ type: 'wait', lab: this.bed.running.name, text });
  }

  /** Tells of a fault that took effect at a time (microseconds). */
  fault(text: string, at: number): void {
    this.emit({ type: 'fault', lab: this.bed.running.name, text, at });
  }

  /** Tells of a fault's end that took effect at a time (microseconds). */
  faultOver(text: string, at: number): void {
    this.emit({ type: 'fault', lab: this.bed.running.name, text, at, over: true });
  }

  add(result: CheckResult): void {
    this.results.push(result);
    this.emit({ type: 'check', lab: this.bed.running.name, result });
  }

  /**
   * Runs checks in parallel and reports their results in the order of the list. In a step with a time limit, a check
   * that failed while a watched node was stalled is inconclusive.
   */
  async check(specs: readonly CheckSpec[]): Promise<void> {
    const lab = this.bed.running.name;
    for (const { id, subject, within } of specs) this.emit({ type: 'checking', lab, id, subject, within });
    const running = specs.map((s) => runCheck(s, this.bed, this.title));
    for (const result of running) result.catch(() => undefined); // each is awaited below
    for (const result of running) {
      const known = await result;
      const stall = known.verdict === 'failed' && this.timed ? await this.stall() : undefined;
      this.add(
        stall === undefined
          ? known
          : { ...known, verdict: 'inconclusive', seen: `${known.seen}; ${stall}`, stalled: true },
      );
    }
  }

  /** Starts a repetition of work that is done several times in one step. */
  again(): void {
    this.#began = this.bed.wire.newest;
    this.#forget();
  }

  /** Forgets packets of which this step asks nothing: otherwise a long scenario on a slow machine looks like a loop. */
  #forget(): void {
    const { lab, wire } = this.bed;
    wire.forget(this.#began - 1000 * Math.max(BEFORE_MS, lookBack(lab)));
  }

  /**
   * Returns the stalled node, in words, since this step, or this repetition of it, began, or since `from` (microseconds)
   * if that is later; undefined if no stall was long enough to matter: `least` milliseconds in all, if given.
   */
  async stall(from = 0, least?: number): Promise<string | undefined> {
    return this.bed.stalls.since(Math.max(this.#began, from), least);
  }

  /** Adds a result that is already known. */
  tell(
    { id, subject, promised }: Promised,
    verdict: Verdict,
    seen: string,
    more: Partial<Pick<CheckResult, 'evidence' | 'figures' | 'ms' | 'stalled'>> = {},
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
      ...(more.stalled ? { stalled: more.stalled } : {}),
    });
  }

  /**
   * Runs a part that has announced its checks. Each check gets a result: those that an impossible observation leaves
   * open are inconclusive. So every run reports the same checks. A result that was not announced, or one that is
   * missing although everything could be observed, is a bug in this program.
   */
  async part(announced: readonly Promised[], work: () => Promise<void>): Promise<void> {
    const from = this.results.length;
    let trouble: CannotObserve | undefined;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CannotObserve)) throw error;
      trouble = error;
    }
    const open = [...announced];
    for (const { id, subject } of this.results.slice(from)) {
      const at = open.findIndex((p) => p.id === id && p.subject === subject);
      if (at < 0) throw new Error(`${id} of ${subject} was not announced by "${this.title}"`);
      open.splice(at, 1);
    }
    const [first] = open;
    if (first && !trouble)
      throw new Error(`${first.id} of ${first.subject} was announced by "${this.title}" and has no result`);
    for (const promised of open)
      this.tell(promised, 'inconclusive', trouble?.message ?? '', trouble instanceof Outpaced ? { stalled: true } : {});
  }
}
