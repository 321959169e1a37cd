import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { LABEL } from '../engine/labels.ts';
import type { CheckResult } from '../events.ts';
import { EXIT, Failure } from '../failure.ts';
import { print } from '../output/print.ts';
import { testUntilJudged } from '../scenario/test-lab.ts';
import { visibleLine } from '../visible.ts';
import { endOf, Repository } from './git.ts';
import { INTERRUPTED, type LabOptions, loadLab, type Session, useBuild, withSession } from './session.ts';
import { findLab } from './test-how.ts';

export interface BisectOptions extends LabOptions {
  readonly check: string;
  readonly good: string;
  readonly bad: string;
  readonly in?: string;
  readonly timeout: number;
}

/** How a commit is, and why, in words. */
interface Judged {
  readonly verdict: 'good' | 'bad' | 'skip';
  readonly why: string;
}

/** How many times a lab is tested anew if a stalled node prevented a verdict. */
const AGAIN = 2;

/**
 * `lab bisect`: finds the commit with which a check begins to fail, by `git bisect`: each commit that git chooses is built by
 * the user's command, and judged by the lab. Returns 3 if the commit is not found.
 */
export async function bisect(argument: string, command: readonly string[], options: BisectOptions): Promise<number> {
  loadLab(argument, options); // its mistakes come first
  const repository = new Repository(resolve(options.in ?? '.'));
  return withSession({ quiet: true }, async (session) => {
    const before = await ownImages(session.engine);
    let printed = repository.start(options.good, options.bad);
    try {
      for (let end = endOf(printed); ; end = endOf(printed)) {
        if (session.signal.aborted) throw INTERRUPTED;
        if (end) return tell(repository, end.first, options.check);
        const commit = repository.commit();
        const { verdict, why } = await judge(session, repository.folder, argument, command, options);
        if (session.signal.aborted) throw INTERRUPTED;
        print(`${verdict.padEnd(4)}  ${visibleLine(commit)}: ${why}`);
        printed = repository.say(verdict);
      }
    } finally {
      repository.reset();
      for (const id of await ownImages(session.engine)) if (!before.has(id)) await session.engine.store.remove(id);
    }
  });
}

function tell(repository: Repository, first: string | undefined, check: string): number {
  print(
    first === undefined
      ? `the commit with which ${check} begins to fail is among those that were skipped`
      : `${check} fails from this commit on: ${visibleLine(repository.describe(first))}`,
  );
  return first === undefined ? EXIT.environment : EXIT.ok;
}

/** Builds the present commit, and judges it by the lab. */
async function judge(
  session: Session,
  folder: string,
  argument: string,
  command: readonly string[],
  options: BisectOptions,
): Promise<Judged> {
  const built = await build(folder, command, session.signal);
  if (built !== undefined) return { verdict: 'skip', why: built };
  useBuild(options);
  const { lab, runs } = await findLab(session, argument, options);
  if (runs) throw new Failure('bisected-lab-runs', { lab: lab.name });
  const report = mkdtempSync(join(tmpdir(), 'lvslab-bisect-'));
  try {
    const run = { lab, argument, runs, report, keep: false, bail: false, bootDeadline: options.timeout };
    const tested = await testUntilJudged(session.engine, run, AGAIN, () => undefined, session.signal);
    return judgedBy(tested.report.results, options.check, tested.report.error);
  } finally {
    rmSync(report, { recursive: true, force: true });
  }
}

/** Returns what results say of a commit: a check counts wherever it is reported, and one that was not judged says nothing. */
export function judgedBy(results: readonly CheckResult[], check: string, error: string | undefined): Judged {
  const own = results.filter((r) => r.id === check);
  const failed = own.find((r) => r.verdict === 'failed');
  if (failed) return { verdict: 'bad', why: `${failed.subject}: ${visibleLine(failed.seen)}` };
  const open = own.find((r) => r.verdict !== 'passed');
  if (open) return { verdict: 'skip', why: `${check} is ${open.verdict}: ${visibleLine(open.seen)}` };
  if (own.length > 0) return { verdict: 'good', why: `${check} passed` };
  const [because = ''] = (error ?? '').split('\n');
  return {
    verdict: 'skip',
    why: `the lab did not come to ${check}${because === '' ? '' : `: ${visibleLine(because)}`}`,
  };
}

/** Runs the user's command, whose output goes to stderr; returns why there is no build, if there is none. */
async function build(
  folder: string,
  [program = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 2, 2], signal });
  return new Promise((ended) => {
    child.once('error', (error) => ended(`${program} cannot be run: ${error.message}`));
    child.once('close', (code, killed) =>
      ended(code === 0 ? undefined : `${program} ended with ${code ?? killed}, so there is no build`),
    );
  });
}

/** Returns the images with programs of the user's. */
async function ownImages(engine: Engine): Promise<ReadonlySet<string>> {
  const all = await engine.store.list({ reference: 'lvslab/*' });
  return new Set(all.filter((i) => i.labels[LABEL.own] !== undefined).map((i) => i.id));
}
