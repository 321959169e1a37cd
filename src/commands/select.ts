import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { DURATIONS, readDurations } from '../report/durations.ts';
import { byLab } from '../report/history.ts';
import { type LastRun, lastRuns, runsIn } from '../report/last-runs.ts';
import { readReports } from '../report/read.ts';
import type { Divided } from '../report/shard-file.ts';
import { divide, type Shard } from '../report/shards.ts';
import { grepLab } from '../scenario/grep.ts';
import { type LabOptions, loadLab } from './session.ts';

/** A lab to be tested: what names it, and how it is changed from the command line. */
export interface Wanted extends LabOptions {
  readonly argument: string;
  /** The combination of a matrix with which it is tested, in words. */
  readonly cell?: string;
  readonly timeout: number;
}

/** Which of the labs on the command line are tested, and which of their steps. */
export interface Selection {
  readonly grep?: RegExp;
  readonly shard?: Shard;
  readonly durations?: string;
  readonly lastFailed?: boolean;
  readonly failedIn?: string;
}

/** Returns the labs that did not pass earlier, if only those are tested. */
export function failedEarlier({ lastFailed, failedIn }: Selection): readonly LastRun[] | undefined {
  if (!lastFailed && failedIn === undefined) return undefined;
  const runs = failedIn === undefined ? lastRuns(resolve()) : runsIn(byLab(readReports(failedIn)));
  return runs.filter((run) => !run.passed);
}

/** Returns which of the labs are tested, and how they were divided. Needs no engine. */
export function select(
  wanted: readonly Wanted[],
  selection: Selection,
  failed: readonly LastRun[] | undefined,
): { readonly wanted: readonly Wanted[]; readonly divided?: Divided } {
  const { grep, shard } = selection;
  if (selection.durations !== undefined && !shard) throw new Failure('durations-without-shard', {});
  if (!grep && !shard && !failed) return { wanted };
  const named = wanted.map((w) => ({ w, ...known(w) }));
  const left = named
    .filter(({ name }) => !failed || failed.some((run) => run.lab === name))
    .filter(({ lab }) => !grep || !lab || grepLab(lab, grep));
  if (grep && left.length === 0 && named.length > 0)
    throw new Failure('nothing-matches', { pattern: grep.source, labs: named.length });
  if (!shard) return { wanted: left.map(({ w }) => w) };
  const all = left.map(({ name }) => name).sort();
  const labs = divide(all, shard.of, durations(selection.durations))[shard.index - 1] ?? [];
  return {
    wanted: left.filter(({ name }) => labs.includes(name)).map(({ w }) => w),
    divided: { shard, labs, all },
  };
}

/** Returns the name under which a lab runs, and the lab itself if it has a file: it may be known by its name only. */
function known(wanted: Wanted): { readonly name: string; readonly lab?: ReturnType<typeof loadLab> } {
  try {
    const lab = loadLab(wanted.argument, wanted);
    return { name: lab.name, lab };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { name: wanted.name ?? wanted.argument };
  }
}

/** Returns the durations by which labs are divided; what one machine remembers is not among them. */
function durations(path: string | undefined): ReadonlyMap<string, number> {
  if (path !== undefined) return readDurations(path);
  const usual = join('labs', DURATIONS);
  return statSync(usual, { throwIfNoEntry: false }) ? readDurations(usual) : new Map();
}
