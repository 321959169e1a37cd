import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { readReports } from './read.ts';
import type { Report } from './report.ts';

/** The file of durations in a merged report, and in labs/: seconds by the name of the lab. */
export const DURATIONS = 'durations.json';

const shape = z.record(z.string(), z.number().nonnegative());

/** Returns how long the test of each lab takes, in milliseconds: the longest of its runs. */
export function durationsOf(reports: readonly Report[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const { lab, ms } of reports) all.set(lab, Math.max(ms, all.get(lab) ?? 0));
  return all;
}

/** Formats durations as the content of a durations.json, sorted by lab: it changes only where a duration does. */
export function formatDurations(durations: ReadonlyMap<string, number>): string {
  const rows = [...durations].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(rows.map(([lab, ms]) => [lab, Number((ms / 1000).toFixed(1))])), null, 2)}\n`;
}

/**
 * Reads durations, in milliseconds by lab: from a durations.json, or from a folder of reports. Throws a Failure if the
 * path has neither.
 */
export function readDurations(path: string): ReadonlyMap<string, number> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return durationsOf(readReports(path));
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Failure('no-durations', { path, why: (error as Error).message });
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw new Failure('no-durations', { path, why: 'it has other values than seconds by lab' });
  return new Map(Object.entries(parsed.data).map(([lab, seconds]) => [lab, seconds * 1000]));
}
