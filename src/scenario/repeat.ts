import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import type { Emit } from '../events.ts';
import { Failure } from '../failure.ts';
import { runVerdict } from '../report/history.ts';
import type { Report } from '../report/report.ts';
import { type Tested, type TestRun, testUntilJudged } from './test-lab.ts';

/** How often a lab is tested. */
export interface Repeats {
  /** Number of runs; Infinity for no limit. */
  readonly times: number;
  /** Whether the first run that fails is the last. */
  readonly untilFailure: boolean;
  /** How many times a run is tried anew if a stalled node prevented a verdict. */
  readonly again: number;
}

/** What ends a test early, for all labs together. */
export interface Stop {
  /** Told of each run that ended. */
  ended(tested: Tested): void;
  /** Whether no other run starts. */
  enough(): boolean;
}

/** Returns whether labs are tested several times, so that each run has a folder of its own. */
export function repeats({ times, untilFailure }: Repeats): boolean {
  return times > 1 || untilFailure;
}

/** Returns whether a run failed: a check, or the lab itself. Machines that cannot run it are no failure of the lab. */
export function hasFailed({ report, failure }: Tested): boolean {
  return report.counts.failed > 0 || (failure instanceof Failure && failure.ending === 'failed');
}

/**
 * Tests a lab as often as wanted, one run after the other; returns all runs. It ends early when the machine cannot run the
 * lab, when the user interrupts it, and when nothing is to start any more. Without a folder for the report, the folders
 * of runs that passed are removed.
 */
export async function testRepeatedly(
  engine: Engine,
  run: TestRun,
  wanted: Repeats,
  emit: Emit,
  { signal, ended, enough }: Stop & { readonly signal: AbortSignal },
): Promise<readonly Tested[]> {
  if (!repeats(wanted) && !enough()) {
    const tested = await testUntilJudged(engine, run, wanted.again, emit, signal);
    ended(tested);
    return [tested];
  }
  const folder = run.report ?? mkdtempSync(join(tmpdir(), 'lvslab-'));
  const all: Tested[] = [];
  while (all.length < wanted.times && !signal.aborted && !enough()) {
    const number = all.length + 1;
    emit({ type: 'run', lab: run.lab.name, run: number, ...(wanted.times === Infinity ? {} : { of: wanted.times }) });
    const report = join(folder, `run-${number}`);
    const before: readonly Report[] = all.map((t) => t.report);
    const tested = await testUntilJudged(engine, { ...run, report, before }, wanted.again, emit, signal);
    all.push(tested);
    ended(tested);
    if (run.report === undefined && runVerdict(tested.report) === 'passed')
      rmSync(report, { recursive: true, force: true });
    if (tested.failure !== undefined && !hasFailed(tested)) break;
    if (wanted.untilFailure && hasFailed(tested)) break;
  }
  return all;
}
