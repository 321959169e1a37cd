import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { countResults } from '../events.ts';
import { Failure } from '../failure.ts';
import type { Report } from './report.ts';

/** Folders in one another in which reports are looked for. */
export const DEEP = 4;
/** Maximum size of a file, in bytes: a report of the largest lab has about one. */
const MOST_BYTES = 64 * 1024 * 1024;

const verdict = z.enum(['passed', 'failed', 'inconclusive', 'skipped']);
const result = z.looseObject({
  id: z.string(),
  subject: z.string(),
  step: z.string(),
  verdict,
  promised: z.string().default(''),
  seen: z.string(),
  evidence: z.array(z.string()).default([]),
  ms: z.number().default(0),
  figures: z.record(z.string(), z.number()).optional(),
  frames: z.array(z.object({ segment: z.string(), at: z.number(), wrong: z.literal(true).optional() })).optional(),
});
const report = z.looseObject({
  lab: z.string(),
  file: z.string().optional(),
  source: z.string().default(''),
  started: z.string().default(''),
  ms: z.number().default(0),
  interrupted: z.boolean().default(false),
  error: z.string().optional(),
  ending: z.enum(['failed', 'usage', 'environment', 'interrupted']).optional(),
  engine: z.looseObject({
    version: z.string(),
    apiVersion: z.string().default(''),
    kernel: z.string().default(''),
    address: z.string().default(''),
  }),
  nodes: z.array(
    z.looseObject({
      name: z.string().default(''),
      kind: z.string().default(''),
      kernel: z.string(),
      kernelVersion: z.string(),
      driver: z.string().optional(),
    }),
  ),
  software: z.array(z.string()),
  results: z.array(result),
  cell: z.string().optional(),
  run: z.int().min(1).optional(),
  history: z
    .object({
      runs: z.array(z.enum(['passed', 'failed', 'inconclusive', 'error'])),
      flaky: z.boolean(),
      unsteady: z.array(z.object({ check: z.string(), step: z.string(), verdicts: z.array(verdict.nullable()) })),
    })
    .optional(),
  earlier: z.array(z.string()).default([]),
  left: z.array(z.string()).default([]),
});
/** What the results say counts, whatever else the file says. */
const whole = report.transform((one) => ({ ...one, file: one.file ?? one.lab, counts: countResults(one.results) }));
const file = z.union([whole.transform((one) => [one]), z.array(whole)]);

/**
 * Reads the reports at a path: a file that `lab test --json` printed, or a report's results.json, or a folder with any
 * number of the latter. Throws a Failure if there is none, or if a file is something else.
 */
export function readReports(path: string): readonly Report[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new Failure('no-report', { path, why: 'there is nothing' });
  if (!stat.isDirectory()) return reportsIn(path);
  const found = resultsBelow(path);
  if (found.length === 0) throw new Failure('no-report', { path, why: 'the folder has no results.json' });
  return found.flatMap(reportsIn);
}

/** Returns the paths of the results.json in a folder, and in the folders below it. */
export function resultsBelow(folder: string, deep = DEEP): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  // A merged report repeats in its own file what the folders in it have.
  if (entries.some((e) => e.isFile() && e.name === 'results.json')) return [join(folder, 'results.json')];
  return entries.flatMap((e) => {
    return e.isDirectory() && deep > 0 ? resultsBelow(join(folder, e.name), deep - 1) : [];
  });
}

/** Reads the reports in a file: one, or a list of them. Throws a Failure if it has something else. */
export function reportsIn(path: string): readonly Report[] {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Failure('no-report', { path, why: 'it is no file' });
  if (stat.size > MOST_BYTES) throw new Failure('no-report', { path, why: `it has more than ${MOST_BYTES} bytes` });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Failure('no-report', { path, why: (error as Error).message });
  }
  const parsed = file.safeParse(value);
  // A report has no undefined keys: JSON has none. Keys beside these are as the writer of the report left them.
  if (parsed.success) return parsed.data as readonly unknown[] as readonly Report[];
  throw new Failure('no-report', { path, why: 'it is not what `lab test --json` or `--report` writes' });
}
