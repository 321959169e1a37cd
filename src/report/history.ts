import type { Verdict } from '../events.ts';
import type { Report } from './report.ts';

/** How one run of a lab ended: the worst of its checks, or `error` if it ended early. */
export type RunVerdict = 'passed' | 'failed' | 'inconclusive' | 'error';

/** A check whose verdict was not the same in every run. */
export interface Unsteady {
  /** Its ID and subject, and the step that reports it. */
  readonly check: string;
  readonly step: string;
  /** One for each run; null in a run that ended before the check. */
  readonly verdicts: readonly (Verdict | null)[];
}

/** What became of a lab that was tested several times. */
export interface History {
  /** How each run ended, the first one first. */
  readonly runs: readonly RunVerdict[];
  /** Whether the lab passed in one run and failed in another. */
  readonly flaky: boolean;
  readonly unsteady: readonly Unsteady[];
}

/** Returns how a run of a lab ended. */
export function runVerdict({ error, interrupted, counts }: Report): RunVerdict {
  if (counts.failed > 0) return 'failed';
  if (error !== undefined || interrupted) return 'error';
  return counts.inconclusive > 0 ? 'inconclusive' : 'passed';
}

/** From bad to good. */
const ORDER: readonly RunVerdict[] = ['failed', 'error', 'inconclusive', 'passed'];

/** Returns how a lab ended that was tested once or several times: the worst of its runs. */
export function worstOf(runs: readonly Report[]): RunVerdict {
  const verdicts = runs.map(runVerdict);
  return ORDER.find((verdict) => verdicts.includes(verdict)) ?? 'passed';
}

/** Returns what became of a lab in its runs, the first one first. */
export function historyOf(reports: readonly Report[]): History {
  const runs = reports.map(runVerdict);
  const failed = reports.some((r, i) => runs[i] === 'failed' || (runs[i] === 'error' && !r.interrupted));
  return { runs, flaky: failed && runs.includes('passed'), unsteady: unsteadyOf(reports) };
}

/** Returns what became of a lab in its runs, as its last report tells it; undefined if it was tested only once. */
export function historyIn(reports: readonly Report[]): History | undefined {
  return reports.at(-1)?.history ?? (reports.length > 1 ? historyOf(reports) : undefined);
}

/** Returns the verdicts of each check, one for each run, by the check. */
export function verdictsOf(reports: readonly Report[]): ReadonlyMap<string, Unsteady> {
  const all = new Map<string, { check: string; step: string; verdicts: (Verdict | null)[] }>();
  for (const [run, { results }] of reports.entries()) {
    for (const result of results) {
      const key = checkKey(result);
      const known = all.get(key) ?? {
        check: `${result.id} ${result.subject}`,
        step: result.step,
        verdicts: reports.map(() => null),
      };
      all.set(key, known);
      // A check that a step reports several times counts by its worst verdict.
      if (known.verdicts[run] !== 'failed') known.verdicts[run] = result.verdict;
    }
  }
  return all;
}

/** Returns what identifies a check among the runs of a lab. */
export function checkKey({ step, id, subject }: Report['results'][number]): string {
  return JSON.stringify([step, id, subject]);
}

function unsteadyOf(reports: readonly Report[]): readonly Unsteady[] {
  return [...verdictsOf(reports).values()].filter(({ verdicts }) => {
    const judged = verdicts.filter((v) => v !== null);
    return new Set(judged).size > 1;
  });
}

/** Describes how often a lab passed: `passed in 3 of 5 runs (passed, failed, passed, failed, passed)`. */
export function historyWords({ runs }: History): string {
  return `passed in ${runs.filter((r) => r === 'passed').length} of ${runs.length} runs (${runs.join(', ')})`;
}

/** Returns the reports of each lab, in the order in which the labs appear. */
export function byLab(reports: readonly Report[]): readonly (readonly Report[])[] {
  const all = new Map<string, Report[]>();
  for (const report of reports) all.set(report.lab, [...(all.get(report.lab) ?? []), report]);
  return [...all.values()];
}
