import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { historyOf } from './history.ts';
import type { Report } from './report.ts';

const shape = z.record(
  z.string(),
  z.record(z.string(), z.object({ argument: z.string(), passed: z.boolean(), at: z.string() })),
);

/** How the last test of a lab ended. */
export interface LastRun {
  /** The name under which it ran. */
  readonly lab: string;
  /** What named it on the command line. */
  readonly argument: string;
  readonly passed: boolean;
}

/** Returns the file that remembers how the last test of each lab ended, for each working directory. */
function stateFile(): string {
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'lvslab', 'tests.json');
}

function remembered(): z.infer<typeof shape> {
  try {
    return shape.parse(JSON.parse(readFileSync(stateFile(), 'utf8')));
  } catch {
    return {}; // there is none yet, or another version wrote it
  }
}

/** Returns how the last test of each lab ended that was started from a folder. */
export function lastRuns(folder: string): readonly LastRun[] {
  return Object.entries(remembered()[folder] ?? {}).map(([lab, run]) => ({ lab, ...run }));
}

/** Returns how labs ended, from their reports: a lab has passed if it passed in each of its runs. */
export function runsIn(reports: readonly (readonly Report[])[]): readonly LastRun[] {
  return reports.flatMap((runs) => {
    const [first] = runs;
    if (!first) return [];
    return { lab: first.lab, argument: first.file, passed: historyOf(runs).runs.every((r) => r === 'passed') };
  });
}

/** Remembers how labs ended that were tested from a folder. Returns why it could not, if so. */
export function remember(folder: string, runs: readonly LastRun[]): string | undefined {
  const at = new Date().toISOString();
  const all = remembered();
  const here = Object.fromEntries(runs.map(({ lab, argument, passed }) => [lab, { argument, passed, at }]));
  try {
    mkdirSync(dirname(stateFile()), { recursive: true });
    writeFileSync(stateFile(), JSON.stringify({ ...all, [folder]: { ...all[folder], ...here } }, null, 1));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
