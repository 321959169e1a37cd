import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counted } from '../counted.ts';
import { availableImages, driversOf, STANDARD_DRIVER } from '../drivers/index.ts';
import { ensureImages } from '../engine/ready-images.ts';
import { type Emit, type Event, sumCounts } from '../events.ts';
import { EXIT, Failure } from '../failure.ts';
import { labNames } from '../lab/names.ts';
import type { Lab } from '../model/lab.ts';
import { DRIVERS, type DriverChoice } from '../model/words.ts';
import { allText, historyText } from '../output/lines.ts';
import { print, printJson } from '../output/print.ts';
import { writeHtml } from '../page/write.ts';
import { takeTurn } from '../plan/hold.ts';
import { capacityOf, inParallel, needOf } from '../plan/pool.ts';
import { exitOf } from '../report/exit.ts';
import { byLab } from '../report/history.ts';
import { remember, runsIn } from '../report/last-runs.ts';
import { junit } from '../report/report.ts';
import { type Divided, noteShard } from '../report/shard-file.ts';
import { grepLab } from '../scenario/grep.ts';
import { hasFailed, type Repeats, repeats, type Stop, testRepeatedly } from '../scenario/repeat.ts';
import type { Tested } from '../scenario/test-lab.ts';
import { annotator, summarise } from './ci.ts';
import { failedEarlier, type Selection, select, type Wanted } from './select.ts';
import { INTERRUPTED, type LabOptions, loadLab, type Session, useBuild, withSession } from './session.ts';

export interface TestOptions extends Omit<LabOptions, 'driver'>, Selection {
  readonly driver?: DriverChoice;
  readonly json?: boolean;
  /** Whether a terminal shows checks that passed in full. */
  readonly verbose?: boolean;
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
  /** The file to which a summary in Markdown is appended. */
  readonly summary?: string;
  /** How often each lab is tested. */
  readonly repeat?: number;
  /** Whether the first run of a lab that fails is its last. */
  readonly untilFailure?: boolean;
  /** Whether nothing else starts after a lab that failed. */
  readonly failFast?: boolean;
}

/**
 * `lab test`: starts labs that do not run yet, runs their scenarios, writes reports, and removes the labs that it
 * started. A running lab is tested as it is, even if its file has changed since.
 */
export async function test(given: readonly string[], options: TestOptions): Promise<number> {
  const failed = failedEarlier(options);
  const named = options.all ? labNames() : given.length > 0 ? given : (failed?.map((run) => run.argument) ?? []);
  if (named.length === 0 && !failed) throw new Failure('no-lab-named', { command: 'test' });
  if (options.all && given.length > 0) throw new Failure('all-and-named', {});
  if (named.length > 1 && options.name !== undefined) throw new Failure('name-for-several', {});
  const { driver, ...rest } = options;
  const asked = named.flatMap((argument) =>
    driver === 'both'
      ? withEveryDriver(argument, rest)
      : [{ ...rest, argument, ...(driver === undefined ? {} : { driver }) }],
  );
  const { wanted, divided } = select(asked, options, failed);
  if (divided && options.report !== undefined) noteShard(options.report, divided);
  if (wanted.length === 0) return nothing(options, divided);
  const [only] = wanted;
  useBuild(options);
  const github = annotator(options);
  const alone = only && named.length === 1 && driver !== 'both' && !divided;
  const shown = options.json ? { quiet: true } : ({ to: 'stdout', verbose: options.verbose } as const);
  return withSession(shown, async (session) => {
    const tested = alone ? await one(session, only, options) : await many(session, wanted, options, divided);
    const reports = tested.map((t) => t.report);
    const trouble = remember(resolve(), runsIn(byLab(reports)));
    if (trouble !== undefined) session.emit({ type: 'note', text: `--last-failed will not know of this: ${trouble}` });
    const unpaged = reports.length > 0 ? pageOrTrouble(options.report, session.emit) : undefined;
    github?.tell(reports);
    const unwritten = [unpaged, summarise(reports, options.summary)].flatMap((text) => text ?? []);
    for (const text of unwritten) session.emit({ type: 'note', text });
    const [first] = tested;
    if (alone && !repeats(repeatsOf(options)) && first?.failure) throw first.failure;
    if (session.signal.aborted) throw INTERRUPTED;
    return exitCode(tested) || (unwritten.length === 0 ? EXIT.ok : EXIT.environment);
  });
}

/** Says that there is nothing to test. */
function nothing({ json, report }: TestOptions, divided: Divided | undefined): number {
  if (report !== undefined && divided) writeFileSync(join(report, 'junit.xml'), junit([]));
  if (json) printJson([]);
  else if (divided) {
    const { shard, all } = divided;
    print(
      `shard ${shard.index} of ${shard.of} has no lab: there ${all.length === 1 ? 'is' : 'are'} ${all.length} in all`,
    );
  } else print('nothing to test: every lab passed when it was last tested');
  return EXIT.ok;
}

function repeatsOf({ repeat, untilFailure, again }: TestOptions): Repeats {
  return {
    times: repeat ?? (untilFailure ? Number.POSITIVE_INFINITY : 1),
    untilFailure: untilFailure ?? false,
    again: again ?? 0,
  };
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

/** Tests one lab, and shows everything. */
async function one(session: Session, wanted: Wanted, options: TestOptions): Promise<readonly Tested[]> {
  const { engine, emit, signal } = session;
  const tested = await testRepeatedly(
    engine,
    {
      ...(await chosen(session, wanted, options)),
      argument: wanted.argument,
      report: options.report,
      keep: options.keep ?? false,
      bail: options.bail ?? false,
      bootDeadline: options.timeout,
    },
    repeatsOf(options),
    emit,
    { signal, ...stopOf(options) },
  );
  const reports = tested.map((t) => t.report);
  const [first] = reports;
  const several = repeats(repeatsOf(options));
  if (several && options.report !== undefined) writeFileSync(join(options.report, 'junit.xml'), junit(reports));
  if (options.json) printJson(several ? reports : first);
  else if (several) print(historyText(reports));
  else if (!tested[0]?.failure && first?.results.length === 0) print('nothing was tested: the scenario is empty');
  return tested;
}

/** Returns the lab to be tested, with the steps that are to run. */
async function chosen(session: Session, wanted: Wanted, { grep }: TestOptions): Promise<{ lab: Lab; runs: boolean }> {
  const found = await findLab(session, wanted.argument, { ...wanted, advises: true });
  const lab = grep ? grepLab(found.lab, grep) : found.lab;
  if (!lab) throw new Failure('nothing-matches', { pattern: grep?.source ?? '', labs: 1 });
  return { ...found, lab };
}

/** Tests several labs, as many at once as CPUs and memory allow; shows only failures and the end of each. */
async function many(
  session: Session,
  named: readonly Wanted[],
  options: TestOptions,
  divided: Divided | undefined,
): Promise<readonly Tested[]> {
  const { engine, emit, signal } = session;
  const began = performance.now();
  const runs = await Promise.all(
    named.map(async (wanted) => ({ argument: wanted.argument, ...(await chosen(session, wanted, options)) })),
  );
  const twins = runs.filter((r, i) => runs.findIndex((o) => o.lab.name === r.lab.name) !== i);
  if (twins[0]) throw new Failure('lab-named-twice', { lab: twins[0].lab.name });
  await ensureImages(
    engine,
    runs.flatMap(({ lab }) => availableImages(driversOf(lab))),
    (text) => emit({ type: 'note', text }),
  );
  const capacity = await capacityOf(engine, options.jobs);
  const shard = divided ? `shard ${divided.shard.index} of ${divided.shard.of}: ` : '';
  emit({ type: 'note', text: `${shard}${counted(runs.length, 'lab')}, ${capacity.words}` });
  const stop = stopOf(options);
  const tested = await inParallel(
    [...runs].sort(
      (a, b) => b.lab.scenario.length + b.lab.services.length - a.lab.scenario.length - a.lab.services.length,
    ),
    (run) => needOf(run.lab),
    capacity,
    (run) =>
      testRepeatedly(
        engine,
        {
          ...run,
          report: options.report === undefined ? undefined : join(options.report, run.lab.name),
          keep: options.keep ?? false,
          bail: options.bail ?? false,
          bootDeadline: options.timeout,
        },
        repeatsOf(options),
        brief(emit),
        { signal, ...stop },
      ),
    signal,
  );
  const all = tested.flat();
  const reports = all.map((t) => t.report);
  if (options.report !== undefined) writeFileSync(join(options.report, 'junit.xml'), junit(reports));
  if (options.json) printJson(reports);
  else {
    const missed = runs.filter(({ lab }) => !reports.some((r) => r.lab === lab.name)).map(({ lab }) => lab.name);
    if (missed.length > 0) print(`not tested: ${missed.join(', ')}`);
    print(allText(reports, sumCounts(reports.map((r) => r.counts)), performance.now() - began));
  }
  return all;
}

/** Returns what ends a test early: with --fail-fast, nothing starts any more after a run that failed. */
function stopOf({ failFast }: TestOptions): Stop {
  let failed = false;
  return {
    ended: (tested) => {
      failed ||= hasFailed(tested);
    },
    enough: () => failed && (failFast ?? false),
  };
}

/** Writes the page of a report into its folder, and tells where it is. */
export function writePage(folder: string, emit: Emit): void {
  emit({ type: 'note', text: `page: ${writeHtml(folder)}` });
}

/** Writes the page of a report, if one is kept; returns why it could not be written: that hides no failure of a test. */
function pageOrTrouble(folder: string | undefined, emit: Emit): string | undefined {
  if (folder === undefined) return undefined;
  try {
    writePage(folder, emit);
    return undefined;
  } catch (error) {
    return `report.html is not written: ${(error as Error).message}`;
  }
}

/** Passes on the events of a lab that matter among many labs: failures, and the end. */
function brief(emit: Emit): Emit {
  const wrong: Event[] = [];
  let step: Event | undefined;
  return (event) => {
    if (event.type === 'again' || event.type === 'left' || event.type === 'run') emit(event);
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
  const code = exitOf(tested.map((t) => t.report));
  return code === EXIT.ok && tested.some((t) => t.failure !== undefined) ? EXIT.environment : code;
}

/** Returns the lab that an argument names: one that runs under that name, else the file's, with advice if asked for. */
export async function findLab(
  { engine, emit, signal }: Session,
  argument: string,
  options: LabOptions & { readonly timeout: number; readonly advises?: boolean },
): Promise<{ lab: Lab; runs: boolean }> {
  const isPath = argument.includes('/') || /\.ya?ml$/.test(argument);
  const name = options.name ?? (isPath ? loadLab(argument, options).name : argument);
  const { running, unfinished, hold } = await takeTurn(engine, name, { emit, signal, within: options.timeout });
  hold?.release();
  if (!running.lab || !running.fabric?.running) return { lab: loadLab(argument, options, options), runs: false };
  const ended = running.lab.nodes
    .filter((n) => !running.nodes.get(n.name)?.running || unfinished.includes(n.name))
    .map((n) => n.name);
  if (unfinished === 'all') return { lab: loadLab(argument, options, options), runs: false };
  if (ended.length > 0) throw new Failure('nodes-not-running', { lab: name, nodes: ended, argument });
  return { lab: running.lab, runs: true };
}
