import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { STANDARD_DRIVER } from '../drivers/index.ts';
import type { Emit } from '../events.ts';
import { EXIT, Failure } from '../failure.ts';
import { labNames } from '../lab/names.ts';
import { DRIVERS } from '../model/words.ts';
import { historyText } from '../output/lines.ts';
import { print, printJson } from '../output/print.ts';
import { writeHtml } from '../page/write.ts';
import { exitOf } from '../report/exit.ts';
import { byLab } from '../report/history.ts';
import { remember, runsIn } from '../report/last-runs.ts';
import { junit } from '../report/report.ts';
import { type Divided, noteShard } from '../report/shard-file.ts';
import { repeats, testRepeatedly } from '../scenario/repeat.ts';
import type { Tested } from '../scenario/test-lab.ts';
import { annotator, summarise } from './ci.ts';
import { failedEarlier, select, type Wanted } from './select.ts';
import { INTERRUPTED, loadLab, type Session, useBuild, withSession } from './session.ts';
import { chosen, repeatsOf, stopOf, type TestOptions } from './test-how.ts';
import { many } from './test-many.ts';

/**
 * `lab test`: starts labs that do not run yet, runs their scenarios, writes reports, and removes the labs that it
 * started. A running lab is tested as it is, even if its file has changed since.
 */
export async function test(given: readonly string[], options: TestOptions): Promise<number> {
  const failed = failedEarlier(options);
  const named = options.all ? labNames() : given.length > 0 ? given : (failed?.map((run) => run.argument) ?? []);
  if (named.length === 0 && !failed) throw new Failure('no-lab-named', { command: 'test' });
  if (options.all && given.length > 0) throw new Failure('all-and-named', {});
  if ((named.length > 1 || options.matrix) && options.name !== undefined) throw new Failure('name-for-several', {});
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
  const alone = only && named.length === 1 && driver !== 'both' && !divided && !options.matrix;
  const shown = options.json ? { quiet: true } : ({ to: 'stdout', verbose: options.verbose } as const);
  return withSession(shown, async (session) => {
    const tested = alone ? await one(session, only, options) : await many(session, wanted, options, divided);
    const reports = tested.map((t) => t.report);
    // Copies in a matrix are no labs by themselves.
    const trouble = options.matrix ? undefined : remember(resolve(), runsIn(byLab(reports)));
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

/** Writes the page of a report, if one is kept; returns why it could not be written: that hides no failure of a test. */
export function pageOrTrouble(folder: string | undefined, emit: Emit): string | undefined {
  if (folder === undefined) return undefined;
  try {
    emit({ type: 'note', text: `page: ${writeHtml(folder)}` });
    return undefined;
  } catch (error) {
    return `report.html is not written: ${(error as Error).message}`;
  }
}

/** Returns 1 if a check failed, 3 if something could not be observed or done, else 0. */
export function exitCode(tested: readonly Tested[]): number {
  const code = exitOf(tested.map((t) => t.report));
  return code === EXIT.ok && tested.some((t) => t.failure !== undefined) ? EXIT.environment : code;
}
