import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../counted.ts';
import { availableImages, driversOf } from '../drivers/index.ts';
import { ensureImages } from '../engine/ready-images.ts';
import { type Emit, type Event, sumCounts } from '../events.ts';
import { Failure } from '../failure.ts';
import { allText, matrixText } from '../output/lines.ts';
import { print, printJson } from '../output/print.ts';
import { capacityOf, inParallel, needOf } from '../plan/pool.ts';
import { junit } from '../report/report.ts';
import type { Divided } from '../report/shard-file.ts';
import { type Stop, testRepeatedly } from '../scenario/repeat.ts';
import type { Tested } from '../scenario/test-lab.ts';
import { type Axis, cellsOf } from './matrix.ts';
import type { Wanted } from './select.ts';
import { loadLab, type Session, useBuild } from './session.ts';
import { chosen, repeatsOf, stopOf, type TestOptions } from './test-how.ts';

/** Tests several labs, as many at once as CPUs and memory allow; shows only failures and the end of each. */
export async function many(
  session: Session,
  named: readonly Wanted[],
  options: TestOptions,
  divided: Divided | undefined,
): Promise<readonly Tested[]> {
  const began = performance.now();
  const how: How = {
    options,
    shard: divided ? `shard ${divided.shard.index} of ${divided.shard.of}: ` : '',
    stop: stopOf(options),
  };
  const { tested, missed } = options.matrix
    ? await inCells(session, named, options.matrix, how)
    : await testAll(session, named, how);
  const reports = tested.map((t) => t.report);
  if (options.report !== undefined) writeFileSync(join(options.report, 'junit.xml'), junit(reports));
  if (options.json) printJson(reports);
  else {
    if (missed.length > 0) print(`not tested: ${missed.join(', ')}`);
    const [counts, ms] = [sumCounts(reports.map((r) => r.counts)), performance.now() - began];
    print(options.matrix ? matrixText(reports, counts, ms) : allText(reports, counts, ms));
  }
  return tested;
}

/** How labs are tested, the same for all of them. */
interface How {
  readonly options: TestOptions;
  /** What is said of the shard that they are, before their number. */
  readonly shard: string;
  readonly stop: Stop;
}

/** What was tested, and the names of labs that were not, because the test ended early. */
interface All {
  readonly tested: readonly Tested[];
  readonly missed: readonly string[];
}

/**
 * Tests labs with each combination of a matrix, one combination after the other: a build of the user's is the same for all
 * labs of a process. The copies of a lab are named after the number of the combination.
 */
async function inCells(session: Session, named: readonly Wanted[], matrix: readonly Axis[], how: How): Promise<All> {
  const cells = cellsOf(matrix, how.options);
  const all: All[] = [];
  for (const { number, words, options } of cells) {
    const copies = named.map((wanted) => {
      const { name: _, ...copy } = { ...wanted, ...options };
      return { ...copy, cell: words, name: `${loadLab(wanted.argument, copy).name}-${number}` };
    });
    if (session.signal.aborted || how.stop.enough()) {
      all.push({ tested: [], missed: copies.map(({ name }) => name) });
      continue;
    }
    session.emit({ type: 'note', text: `${number} of ${cells.length}: ${words}` });
    useBuild(options);
    all.push(await testAll(session, copies, how));
  }
  return { tested: all.flatMap((a) => a.tested), missed: all.flatMap((a) => a.missed) };
}

async function testAll(session: Session, named: readonly Wanted[], { options, shard, stop }: How): Promise<All> {
  const { engine, emit, signal } = session;
  const runs = await Promise.all(
    named.map(async (wanted) => ({
      argument: wanted.argument,
      ...(wanted.cell === undefined ? {} : { cell: wanted.cell }),
      ...(await chosen(session, wanted, options)),
    })),
  );
  const twins = runs.filter((r, i) => runs.findIndex((o) => o.lab.name === r.lab.name) !== i);
  if (twins[0]) throw new Failure('lab-named-twice', { lab: twins[0].lab.name });
  await ensureImages(
    engine,
    runs.flatMap(({ lab }) => availableImages(driversOf(lab))),
    (text) => emit({ type: 'note', text }),
  );
  const capacity = await capacityOf(engine, options.jobs);
  emit({ type: 'note', text: `${shard}${counted(runs.length, 'lab')}, ${capacity.words}` });
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
  const missed = runs.map(({ lab }) => lab.name).filter((name) => !all.some((t) => t.report.lab === name));
  return { tested: all, missed };
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
