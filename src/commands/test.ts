import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../counted.ts';
import { availableImages, driversOf, STANDARD_DRIVER } from '../drivers/index.ts';
import { ensureImages } from '../engine/images.ts';
import { type Emit, type Event, sumCounts } from '../events.ts';
import { EXIT, Failure } from '../failure.ts';
import { labNames } from '../lab/read.ts';
import type { Lab } from '../model/lab.ts';
import { DRIVERS, type DriverChoice } from '../model/words.ts';
import { allText } from '../output/lines.ts';
import { print, printJson } from '../output/print.ts';
import { takeTurn } from '../plan/hold.ts';
import { capacityOf, inParallel, needOf } from '../plan/pool.ts';
import { junit } from '../report/report.ts';
import { type Tested, testUntilJudged } from '../scenario/test-lab.ts';
import { INTERRUPTED, type LabOptions, loadLab, type Session, withSession } from './session.ts';

export interface TestOptions extends Omit<LabOptions, 'driver'> {
  readonly driver?: DriverChoice;
  readonly json?: boolean;
  readonly report?: string;
  readonly keep?: boolean;
  /** Whether a lab's test ends after the first step with a failed check. */
  readonly bail?: boolean;
  readonly timeout: number;
  readonly all?: boolean;
  /** How many times a lab is re-run if a check was inconclusive because a node was stalled. */
  readonly again?: number;
  /** How many labs run at once; if absent, as many as CPUs and memory allow. */
  readonly jobs?: number;
}

/**
 * `lab test`: starts labs that do not run yet, runs their scenarios, writes reports, and removes the labs that it
 * started. A running lab is tested as it is, even if its file has changed since.
 */
export async function test(given: readonly string[], options: TestOptions): Promise<number> {
  const named = options.all ? labNames() : given;
  const [first] = named;
  if (first === undefined) throw new Failure('no-lab-named', { command: 'test' });
  if (options.all && given.length > 0) throw new Failure('all-and-named', {});
  if (named.length > 1 && options.name !== undefined) throw new Failure('name-for-several', {});
  const { driver, ...rest } = options;
  const wanted = named.flatMap((argument) =>
    driver === 'both'
      ? withEveryDriver(argument, rest)
      : [{ ...rest, argument, ...(driver === undefined ? {} : { driver }) }],
  );
  const [only] = wanted;
  return withSession(options.json ? { quiet: true } : { to: 'stdout' }, async (session) =>
    only && named.length === 1 && driver !== 'both' ? one(session, only, options) : many(session, wanted, options),
  );
}

/** A lab to be tested: what names it, and how it is changed from the command line. */
interface Wanted extends LabOptions {
  readonly argument: string;
  readonly timeout: number;
}

/**
 * Returns a lab once for every driver that can run it; the copies with other drivers than the standard one are named
 * after them. Throws what is wrong with it if no driver can.
 */
function withEveryDriver(argument: string, options: Omit<TestOptions, 'driver'>): readonly Wanted[] {
  const found: Wanted[] = [];
  let wrong: unknown;
  for (const driver of DRIVERS) {
    try {
      const { name } = loadLab(argument, { ...options, driver });
      const own = driver === STANDARD_DRIVER ? name : `${name}-${driver}`;
      found.push({ ...options, argument, driver, name: own });
    } catch (error) {
      wrong ??= error;
    }
  }
  if (found.length === 0) throw wrong;
  return found;
}

async function one(session: Session, wanted: Wanted, options: TestOptions): Promise<number> {
  const { engine, emit, signal } = session;
  const { report, failure } = await testUntilJudged(
    engine,
    {
      ...(await findLab(session, wanted.argument, wanted)),
      argument: wanted.argument,
      report: options.report,
      keep: options.keep ?? false,
      bail: options.bail ?? false,
      bootDeadline: options.timeout,
    },
    options.again ?? 0,
    emit,
    signal,
  );
  if (failure) throw failure;
  if (options.json) printJson(report);
  else if (report.results.length === 0) print('nothing was tested: the scenario is empty');
  return exitCode([{ report }]);
}

/** Tests several labs, as many at once as CPUs and memory allow; shows only failures and the end of each. */
async function many(session: Session, named: readonly Wanted[], options: TestOptions): Promise<number> {
  const { engine, emit, signal } = session;
  const began = performance.now();
  const runs = await Promise.all(
    named.map(async (wanted) => ({ argument: wanted.argument, ...(await findLab(session, wanted.argument, wanted)) })),
  );
  const twins = runs.filter((r, i) => runs.findIndex((o) => o.lab.name === r.lab.name) !== i);
  if (twins[0]) throw new Failure('lab-named-twice', { lab: twins[0].lab.name });
  await ensureImages(
    engine,
    runs.flatMap(({ lab }) => availableImages(driversOf(lab))),
    (text) => emit({ type: 'note', text }),
  );
  const capacity = await capacityOf(engine, options.jobs);
  emit({ type: 'note', text: `${counted(runs.length, 'lab')}, ${capacity.words}` });
  const tested = await inParallel(
    [...runs].sort(
      (a, b) => b.lab.scenario.length + b.lab.services.length - a.lab.scenario.length - a.lab.services.length,
    ),
    (run) => needOf(run.lab),
    capacity,
    (run) =>
      testUntilJudged(
        engine,
        {
          ...run,
          report: options.report === undefined ? undefined : join(options.report, run.lab.name),
          keep: options.keep ?? false,
          bail: options.bail ?? false,
          bootDeadline: options.timeout,
        },
        options.again ?? 0,
        brief(emit),
        signal,
      ),
    signal,
  );
  const reports = tested.map((t) => t.report);
  if (options.report !== undefined) writeFileSync(join(options.report, 'junit.xml'), junit(reports));
  if (options.json) printJson(reports);
  else print(allText(reports, sumCounts(reports.map((r) => r.counts)), performance.now() - began));
  if (signal.aborted) throw INTERRUPTED;
  return exitCode(tested);
}

/** Passes on the events of a lab that matter among many labs: failures, and the end. */
function brief(emit: Emit): Emit {
  const wrong: Event[] = [];
  let step: Event | undefined;
  return (event) => {
    if (event.type === 'again' || event.type === 'left') emit(event);
    if (event.type === 'step') step = event;
    if (event.type === 'check' && (event.result.verdict === 'failed' || event.result.verdict === 'inconclusive')) {
      if (step && wrong.at(-1) !== step) wrong.push(step);
      wrong.push(event);
    }
    if (event.type !== 'summary') return;
    emit(event);
    for (const held of wrong.splice(0)) emit(held);
  };
}

/** Returns 1 if a check failed, 3 if something could not be observed or done, else 0. */
export function exitCode(tested: readonly Tested[]): number {
  const failures = tested.map((t) => t.failure).filter((f) => f !== undefined);
  if (
    tested.some((t) => t.report.counts.failed > 0) ||
    failures.some((f) => f instanceof Failure && f.ending === 'failed')
  )
    return EXIT.failed;
  return failures.length > 0 || tested.some((t) => t.report.counts.inconclusive > 0) ? EXIT.environment : EXIT.ok;
}

/** Returns the lab that an argument names: one that runs under that name, else the file's. */
export async function findLab(
  { engine, emit, signal }: Session,
  argument: string,
  options: LabOptions & { readonly timeout: number },
): Promise<{ lab: Lab; runs: boolean }> {
  const isPath = argument.includes('/') || /\.ya?ml$/.test(argument);
  const name = options.name ?? (isPath ? loadLab(argument, options).name : argument);
  const { running, unfinished, hold } = await takeTurn(engine, name, { emit, signal, within: options.timeout });
  hold?.release();
  if (!running.lab || !running.fabric?.running) return { lab: loadLab(argument, options), runs: false };
  const ended = running.lab.nodes
    .filter((n) => !running.nodes.get(n.name)?.running || unfinished.includes(n.name))
    .map((n) => n.name);
  if (unfinished === 'all') return { lab: loadLab(argument, options), runs: false };
  if (ended.length > 0) throw new Failure('nodes-not-running', { lab: name, nodes: ended, argument });
  return { lab: running.lab, runs: true };
}
