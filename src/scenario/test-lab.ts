import { setMaxListeners } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bed } from '../checks/bed.ts';
import { driverOf, drivers, STANDARD_DRIVER } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { Refusal } from '../engine/refusal.ts';
import { type CheckResult, countResults, type Emit } from '../events.ts';
import { eventually } from '../eventually.ts';
import { openWire } from '../fabric/capture.ts';
import { Failure } from '../failure.ts';
import { kernels as kinds } from '../kernels/index.ts';
import { probeKernel } from '../kernels/probe.ts';
import type { Lab } from '../model/lab.ts';
import { directors } from '../model/lookup.ts';
import type { KernelName } from '../model/words.ts';
import { formatMs } from '../net/duration.ts';
import { notPutBack, SETTLE_MS, UNDO_MS } from '../plan/changes.ts';
import { CannotRun } from '../plan/choose-kernels.ts';
import { Hand } from '../plan/hand.ts';
import { noted, wordsOf } from '../plan/journal.ts';
import { bringUp, takeDown, takenDown } from '../plan/lifecycle.ts';
import { mustRun, observe, type RunningLab } from '../plan/observe.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { Evidence, pcapName } from '../report/evidence.ts';
import { historyOf } from '../report/history.ts';
import { keptLab, LAB_FILE } from '../report/kept-lab.ts';
import { junit, type Report } from '../report/report.ts';
import { visibleJson } from '../visible.ts';
import { runScenario, skipScenario } from './run.ts';

/** A lab to be tested. */
export interface TestRun {
  /** The lab with the scenario to run. */
  readonly lab: Lab;
  /** The user's name for it on the command line. */
  readonly argument: string;
  /** Whether it runs already: it is then tested as it is, and stays. */
  readonly runs: boolean;
  /** Folder of the report; a temporary one if absent. */
  readonly report?: string | undefined;
  readonly keep: boolean;
  /** Whether the test ends after the first step in which a check fails. */
  readonly bail: boolean;
  /** Milliseconds that nodes may take to start. */
  readonly bootDeadline: number;
  /** The combination of a matrix with which it is tested, in words. */
  readonly cell?: string;
  /** The reports of earlier runs of the same lab, when it is tested several times. */
  readonly before?: readonly Report[];
}

/** A report, and the error that ended the run early, if any. */
export interface Tested {
  readonly report: Report;
  readonly failure?: unknown;
}

/**
 * Tests a lab, and tests it again, at most `again` times, if nothing failed and a stalled node prevented a verdict.
 * Returns the last run.
 */
export async function testUntilJudged(
  engine: Engine,
  run: TestRun,
  again: number,
  emit: Emit,
  signal: AbortSignal,
): Promise<Tested> {
  const earlier: string[] = [];
  for (;;) {
    const tested = await testLab(engine, run, emit, signal, earlier);
    const { counts, results } = tested.report;
    const stalled = results.filter((r) => r.stalled);
    if (stalled.length === 0 || counts.failed > 0 || tested.failure || earlier.length >= again) return tested;
    earlier.push(stalled.map((r) => `${r.id} ${r.subject}: ${r.seen}`).join('; '));
    emit({ type: 'again', lab: run.lab.name });
  }
}

/** Longest time from the removal of a lab's first node to that of its fabric, in milliseconds. */
const GOING_MS = 2000;
/** Milliseconds in which directors tell what runs on them. */
const ABOUT_MS = 3000;

/** Starts a lab unless it runs, runs its scenario, writes the report, and removes what it started, whatever fails. */
export async function testLab(
  engine: Engine,
  run: TestRun,
  emit: Emit,
  signal: AbortSignal,
  earlier: readonly string[] = [],
): Promise<Tested> {
  const { lab, runs } = run;
  const evidence = new Evidence(run.report ?? mkdtempSync(join(tmpdir(), 'lvslab-')));
  let failure: unknown;
  /** Does a part of the report: a failure is reported, and does not prevent the other parts. */
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      failure ??= error;
    }
  };
  const record: Emit = (event) => {
    evidence.event(event);
    emit(event);
  };
  evidence.write(LAB_FILE, visibleJson(keptLab(lab)));
  const began = performance.now();
  const started = new Date().toISOString();
  const results: CheckResult[] = [];
  const left: string[] = [];
  let running: RunningLab | undefined;
  /** The fabric of the lab, if this call has created it. */
  let mine: string | undefined;
  const watch = new AbortController();
  const taken = new AbortController();
  await attempt(async () => {
    if (runs) running = await mustRun(engine, lab.name);
    else {
      const up = await bringUp(engine, lab, { emit: record, signal, recreate: false, bootDeadline: run.bootDeadline });
      running = up.running;
      if (up.outcome === 'created') mine = running.fabric.id;
    }
    engine.ended(running.fabric.id, watch.signal).then(
      () => taken.abort(takenDown(lab.name, 'tested')),
      () => undefined,
    );
    const stays = mine === undefined || run.keep;
    const signals = { signal, taken: taken.signal };
    await runTest(engine, running, { evidence, emit: record, ...signals }, { ...run, stays }, { results, left });
  });
  if (failure instanceof CannotRun) results.push(...skipScenario(lab, lab.scenario, record, failure.message));
  const interrupted = signal.aborted;
  let report: Report = {
    lab: lab.name,
    file: run.argument,
    source: lab.source,
    started,
    ms: 0,
    interrupted,
    engine: { version: '', apiVersion: '', kernel: '', address: engine.address },
    nodes: [],
    software: [],
    counts: countResults(results),
    results,
    earlier: [...earlier],
    left,
  };
  await attempt(async () => {
    const seen = running ?? (await observe(engine, lab.name));
    await attempt(() => keepLogs(engine, evidence, seen.nodes));
    // Nodes that go before their fabric cause engine errors that mean nothing.
    if (running && failure instanceof Refusal)
      await eventually(() => (taken.signal.aborted ? true : undefined), { within: GOING_MS, every: 20 });
    const alive = taken.signal.aborted ? undefined : running;
    report = { ...report, ...(await describe(engine, lab, runningKernels(seen), alive)) };
  });
  watch.abort();
  if (taken.signal.aborted) failure = taken.signal.reason;
  await attempt(async () => {
    if (mine !== undefined && !run.keep) await takeDown(engine, lab.name, record, mine);
  });
  failure ??= evidence.trouble;
  if (left.length > 0) {
    record({ type: 'left', lab: lab.name, changes: left });
    failure = notPutBack(lab.name, left, failure);
  }
  report = {
    ...report,
    ms: performance.now() - began,
    ...(failure && !interrupted ? early(failure) : {}),
  };
  if (run.cell !== undefined) report = { ...report, cell: run.cell };
  if (run.before !== undefined)
    report = { ...report, run: run.before.length + 1, history: historyOf([...run.before, report]) };
  record({ type: 'summary', lab: lab.name, counts: report.counts, ms: report.ms, interrupted });
  evidence.write('results.json', visibleJson(report, 2));
  evidence.write('junit.xml', junit([report]));
  record({ type: 'note', text: `report: ${evidence.folder}` });
  failure ??= evidence.trouble;
  return { report, ...(failure === undefined ? {} : { failure }) };
}

/** Returns why a run ended early, for its report. */
function early(failure: unknown): Pick<Report, 'error' | 'ending'> {
  return {
    error: failure instanceof Error ? failure.message : String(failure),
    ending: failure instanceof Failure ? failure.ending : 'environment',
  };
}

/** Where a test writes to, and what ends it. */
interface TestSession {
  readonly evidence: Evidence;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Aborted when the lab is taken down meanwhile. */
  readonly taken: AbortSignal;
}

/** Runs a lab's scenario. Changes in a lab that stays which could not be undone are added to `left`. */
async function runTest(
  engine: Engine,
  running: RunningLab,
  { evidence, emit, signal, taken }: TestSession,
  { lab, bootDeadline, bail, stays, runs }: TestRun & { readonly stays: boolean },
  { results, left }: { readonly results: CheckResult[]; readonly left: string[] },
): Promise<void> {
  const until = AbortSignal.any([signal, taken]);
  setMaxListeners(0, until); // everything that runs in parallel listens to it
  const segments = running.lab.segments.map((s) => s.name);
  for (const segment of segments) evidence.write(pcapName(segment), ''); // a report's folder may have been used before
  const wire = await openWire(engine, running.fabric.id, segments, evidence.keepPacket, { signal: until, gone: taken });
  const undoWithin = Math.max(UNDO_MS, bootDeadline);
  const bed = new Bed(engine, running, { wire, evidence }, until, { gone: taken, undoWithin });
  try {
    const before = runs ? await noted(bed) : [];
    if (before.length > 0)
      emit({
        type: 'note',
        text: `${running.name} is tested with active faults or changes (${before.map(wordsOf).join(', ')}): \`lab heal ${running.name}\` undoes it`,
      });
    await runScenario(bed, lab.scenario, emit, { bootDeadline, bail }, results);
  } finally {
    bed.stalls.close();
    const { standing } = bed.changes;
    if (stays && standing.length > 0) {
      const text = `to undo ${standing.join(', ')}, at most ${formatMs(SETTLE_MS + undoWithin)}`;
      emit({ type: 'wait', lab: running.name, text });
      left.push(...(await bed.changes.undoAll()));
    }
    await bed.release();
    const lost = await wire.close(taken);
    if (lost > 0)
      emit({
        type: 'note',
        text: `${lost} packets are missing from the captures of ${running.name}: the machine was too busy`,
      });
  }
}

/**
 * Returns what produced the results: the engine, each node's kernel with its version, and the programs in the image.
 */
async function describe(
  engine: Engine,
  lab: Lab,
  kernels: ReadonlyMap<string, KernelName>,
  running: RunningLab | undefined,
): Promise<Pick<Report, 'engine' | 'nodes' | 'software'>> {
  const info = await engine.info();
  const versions = new Map<KernelName, string>();
  for (const name of new Set(kernels.values())) {
    const tried = async () => (await probeKernel(engine, name, drivers[STANDARD_DRIVER])).version;
    versions.set(name, await kinds[name].version(info.kernel, tried));
  }
  const software = running
    ? (await engine.exec(running.fabric.id, ['cat', '/lab/versions'])).stdout.trim().split('\n')
    : [];
  const about = running ? await driversIn(engine, running) : new Map<string, string>();
  return {
    engine: { version: info.version, apiVersion: info.apiVersion, kernel: info.kernel, address: info.address },
    nodes: lab.nodes.map((n) => {
      const kernel = kernels.get(n.name);
      return {
        name: n.name,
        kind: n.kind,
        kernel: kernel ?? 'none',
        kernelVersion: (kernel && versions.get(kernel)) ?? '',
        ...(about.has(n.name) ? { driver: about.get(n.name) ?? '' } : {}),
      };
    }),
    software,
  };
}

/** Returns what runs on each director that answers, in words. */
async function driversIn(engine: Engine, running: RunningLab): Promise<ReadonlyMap<string, string>> {
  const hand = new Hand(engine, running, AbortSignal.timeout(ABOUT_MS));
  const told = await Promise.all(
    directors(running.lab).map(async (d): Promise<readonly [string, string][]> => {
      const control = driverOf(d).control((command) => hand.run(d.name, command), d);
      return control.about().then(
        (words) => [[d.name, words]],
        () => [], // it ended, or hangs: its results say so
      );
    }),
  );
  return new Map(told.flat());
}

async function keepLogs(engine: Engine, evidence: Evidence, nodes: RunningLab['nodes']): Promise<void> {
  await Promise.all(
    [...nodes].map(async ([name, container]) => {
      const stream = await engine.logs(container.id, { follow: false, timestamps: true });
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      evidence.write(`log-${name}.txt`, text.replaceAll('\r\n', '\n'));
    }),
  );
}
