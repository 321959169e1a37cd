import { setMaxListeners } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bed } from '../checks/bed.ts';
import { drivers, STANDARD_DRIVER } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { Refusal } from '../engine/refusal.ts';
import type { CheckResult, Emit } from '../events.ts';
import { eventually } from '../eventually.ts';
import { openWire, type Wire } from '../fabric/capture.ts';
import { kernels as kinds } from '../kernels/index.ts';
import { probeKernel } from '../kernels/probe.ts';
import type { Lab } from '../model/lab.ts';
import type { KernelName } from '../model/words.ts';
import { bringUp, takeDown, takenDown } from '../plan/lifecycle.ts';
import { mustRun, observe, type RunningLab } from '../plan/observe.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { Evidence } from '../report/evidence.ts';
import { junit, type Report } from '../report/report.ts';
import { visibleJson } from '../visible.ts';
import { countResults, runScenario } from './run.ts';

/** A lab that is to be tested. */
export interface TestRun {
  /** With the scenario that is run. */
  readonly lab: Lab;
  /** How the user named it. */
  readonly argument: string;
  /** It runs already: it is tested as it runs, and stays. */
  readonly runs: boolean;
  /** Folder of the report; a temporary one when there is none. */
  readonly report?: string | undefined;
  readonly keep: boolean;
  /** Whether the test ends with the first step in which a check fails. */
  readonly bail: boolean;
  /** Milliseconds that nodes may take to come up. */
  readonly bootDeadline: number;
}

/** A report, and what ended the run early if something did. */
export interface Tested {
  readonly report: Report;
  readonly failure?: unknown;
}

/**
 * Tests a lab, and once more, at most `again` times, where nothing failed and a node that stood still itself kept
 * a verdict from being reached. Returns the last run.
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

/** Milliseconds that a lab which somebody takes down needs from its first node to its fabric, at the most. */
const GOING_MS = 2000;

/** Brings a lab up unless it runs, runs its scenario, writes the report, and removes what it brought up. */
export async function testLab(
  engine: Engine,
  run: TestRun,
  emit: Emit,
  signal: AbortSignal,
  earlier: readonly string[] = [],
): Promise<Tested> {
  const { lab, runs } = run;
  const evidence = new Evidence(run.report ?? mkdtempSync(join(tmpdir(), 'lvslab-')));
  const record: Emit = (event) => {
    evidence.event(event);
    emit(event);
  };
  const began = performance.now();
  const started = new Date().toISOString();
  const results: CheckResult[] = [];
  let running: RunningLab | undefined;
  /** The fabric of the lab, where this call has made it. */
  let mine: string | undefined;
  let failure: unknown;
  const watch = new AbortController();
  const taken = new AbortController();
  try {
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
    await runTest(engine, running, evidence, record, { signal, taken: taken.signal }, run, results);
  } catch (error) {
    failure = error;
  }
  const interrupted = signal.aborted;
  const seen = running ?? (await observe(engine, lab.name));
  await keepLogs(engine, evidence, seen.nodes).catch((error: unknown) => {
    failure ??= error;
  });
  // Nodes that go before their fabric make engine errors that tell nothing.
  if (running && failure instanceof Refusal)
    await eventually(() => (taken.signal.aborted ? true : undefined), { within: GOING_MS, every: 20 });
  watch.abort();
  if (taken.signal.aborted) failure = taken.signal.reason;
  const report: Report = {
    lab: lab.name,
    file: run.argument,
    source: lab.source,
    started,
    ms: performance.now() - began,
    interrupted,
    ...(failure && !interrupted ? { error: (failure as Error).message } : {}),
    ...(await describe(engine, lab, runningKernels(seen), taken.signal.aborted ? undefined : running)),
    counts: countResults(results),
    results,
    earlier: [...earlier],
  };
  if (mine !== undefined && !run.keep) await takeDown(engine, lab.name, record, mine);
  const done: Report = { ...report, ms: performance.now() - began };
  record({ type: 'summary', lab: lab.name, counts: done.counts, ms: done.ms, interrupted });
  evidence.write('results.json', visibleJson(done, 2));
  evidence.write('junit.xml', junit([done]));
  record({ type: 'note', text: `report: ${evidence.folder}` });
  return { report: done, ...(failure === undefined ? {} : { failure }) };
}

async function runTest(
  engine: Engine,
  running: RunningLab,
  evidence: Evidence,
  emit: Emit,
  { signal, taken }: { readonly signal: AbortSignal; readonly taken: AbortSignal },
  { lab, bootDeadline, bail }: TestRun,
  results: CheckResult[],
): Promise<void> {
  const until = AbortSignal.any([signal, taken]);
  setMaxListeners(0, until); // everything that runs side by side listens to it
  let wire: Wire | undefined;
  let bed: Bed | undefined;
  try {
    wire = await openWire(
      engine,
      running.fabric.id,
      running.lab.segments.map((s) => s.name),
      evidence.keepPacket,
      until,
    );
    bed = new Bed(engine, running, wire, evidence, until);
    await runScenario(bed, lab.scenario, emit, { bootDeadline, bail }, results);
  } finally {
    bed?.stalls.close();
    const lost = (await wire?.close(taken)) ?? 0;
    if (lost > 0)
      emit({
        type: 'note',
        text: `${lost} packets were lost to the captures of ${running.name}: this machine was too busy`,
      });
  }
}

/** What gave the results: engine, each node's kernel with its version, and the programs in the image. */
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
  return {
    engine: { version: info.version, apiVersion: info.apiVersion, kernel: info.kernel, address: info.address },
    nodes: lab.nodes.map((n) => {
      const kernel = kernels.get(n.name);
      return {
        name: n.name,
        kind: n.kind,
        kernel: kernel ?? 'none',
        kernelVersion: (kernel && versions.get(kernel)) ?? '',
      };
    }),
    software,
  };
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
