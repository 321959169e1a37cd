import type { Engine } from '../engine/engine.ts';
import type { CheckResult, Event } from '../events.ts';
import { Failure } from '../failure.ts';
import type { CheckPage } from '../page/data.ts';
import { mustRun } from '../plan/observe.ts';
import { testLab } from '../scenario/test-lab.ts';
import type { TestView } from './data.ts';

/** Milliseconds that nodes may take to start. */
const START_MS = 60_000;

/** The test of a lab by its scenario, as it runs: tells its view each time that a check begins or has its verdict. */
export class LabTest {
  readonly #stop = new AbortController();
  readonly #tell: (view: TestView) => void;
  #view: TestView = { runs: true, step: 'it begins', checks: [] };

  constructor(tell: (view: TestView) => void) {
    this.#tell = tell;
  }

  get view(): TestView {
    return this.#view;
  }

  /** Tests a running lab, which stays; returns how it ended, in words. Changes that it made are undone in any case. */
  async run(engine: Engine, name: string): Promise<string> {
    let ended: string;
    try {
      const { lab } = await mustRun(engine, name);
      const run = { lab, argument: name, runs: true, keep: true, bail: false, bootDeadline: START_MS };
      const { report, failure } = await testLab(engine, run, (event) => this.#heard(event), this.#stop.signal);
      const { passed, failed, inconclusive, skipped } = report.counts;
      const counts = `${passed} passed, ${failed} failed, ${inconclusive} inconclusive, ${skipped} skipped`;
      ended = failure === undefined ? counts : `${counts}; ended early: ${(failure as Error).message}`;
    } catch (error) {
      ended = (error as Error).message;
    }
    this.#become({ ...this.#view, runs: false, step: '', ended });
    return ended;
  }

  /** Ends it; what it changed is undone. */
  stop(): void {
    this.#stop.abort(new Failure('interrupted', {}));
  }

  #heard(event: Event): void {
    if (event.type === 'step') this.#become({ ...this.#view, step: event.title });
    if (event.type === 'checking') this.#become({ ...this.#view, step: `${event.id} ${event.subject}` });
    if (event.type === 'wait') this.#become({ ...this.#view, step: event.text });
    if (event.type === 'check')
      this.#become({
        ...this.#view,
        checks: [...this.#view.checks, checkPage(event.result, this.#view.checks.length)],
      });
  }

  #become(view: TestView): void {
    this.#view = view;
    this.#tell(view);
  }
}

function checkPage(result: CheckResult, index: number): CheckPage {
  const { id, subject, verdict, promised, seen, ms, figures } = result;
  return {
    key: String(index),
    ...{ id, subject, verdict, promised, seen, ms, figures: figures ?? {} },
    evidence: result.evidence.map((name) => ({ name, about: '' })),
    frames: [],
  };
}
