import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bed } from '../checks/bed.ts';
import type { Engine } from '../engine/engine.ts';
import type { CheckResult, Emit } from '../events.ts';
import { openWire, type Wire } from '../fabric/capture.ts';
import { EXIT, Failure } from '../failure.ts';
import { probeKernel } from '../kernels/choose.ts';
import type { KernelName } from '../kernels/kernel.ts';
import type { Lab } from '../lab/model.ts';
import { print, printJson } from '../output/print.ts';
import { bringUp, takeDown } from '../plan/lifecycle.ts';
import { mustRun, observe, type RunningLab } from '../plan/observe.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { Evidence } from '../report/evidence.ts';
import { junit, type Report } from '../report/report.ts';
import { countResults, runScenario } from '../scenario/run.ts';
import { type LabOptions, loadLab, withSession } from './session.ts';

export interface TestOptions extends LabOptions {
  readonly json?: boolean;
  readonly report?: string;
  readonly keep?: boolean;
  readonly timeout: number;
}

/**
 * `lab test`: brings the lab up unless it runs, runs its scenario, writes the report, and removes
 * what it brought up. A lab that runs is tested as it runs, whatever its file says by now.
 */
export async function test(argument: string, options: TestOptions): Promise<number> {
  const report = await withSession(
    options.json ? { quiet: true } : { to: process.stdout },
    async ({ engine, emit, signal }) => {
      const evidence = new Evidence(options.report ?? mkdtempSync(join(tmpdir(), 'lvslab-')));
      const record: Emit = (event) => {
        evidence.event(event);
        emit(event);
      };
      const { lab, runs } = await findLab(engine, argument, options);
      const began = performance.now();
      const started = new Date().toISOString();
      const results: CheckResult[] = [];
      let running: RunningLab | undefined;
      let failure: unknown;
      try {
        if (!runs) await bringUp(engine, lab, { emit: record, signal, recreate: false, bootDeadline: options.timeout });
        running = await mustRun(engine, lab.name);
        await runTest(engine, running, evidence, record, signal, options.timeout, results);
      } catch (error) {
        failure = error;
      }
      const interrupted = signal.aborted;
      const seen = running ?? (await observe(engine, lab.name));
      const report: Report = {
        lab: lab.name,
        file: argument,
        source: lab.source,
        started,
        ms: performance.now() - began,
        interrupted,
        ...(failure && !interrupted ? { error: (failure as Error).message } : {}),
        ...(await describe(engine, lab, runningKernels(seen), running)),
        counts: countResults(results),
        results,
      };
      await keepLogs(engine, evidence, seen.nodes);
      if (!runs && !options.keep) await takeDown(engine, lab.name, record);
      const ms = performance.now() - began;
      record({ type: 'summary', lab: lab.name, counts: report.counts, ms, interrupted });
      evidence.write('results.json', JSON.stringify({ ...report, ms }, null, 2));
      evidence.write('junit.xml', junit({ ...report, ms }));
      record({ type: 'note', text: `report: ${evidence.folder}` });
      if (failure) throw failure;
      return { ...report, ms };
    },
  );
  if (options.json) printJson(report);
  else if (report.results.length === 0) print('nothing was tested: the scenario is empty');
  if (report.counts.failed > 0) return EXIT.failed;
  return report.counts.inconclusive > 0 ? EXIT.environment : EXIT.ok;
}

/** The lab that an argument means: one that runs under that name, else the file's. */
async function findLab(engine: Engine, argument: string, options: TestOptions): Promise<{ lab: Lab; runs: boolean }> {
  const isPath = argument.includes('/') || /\.ya?ml$/.test(argument);
  const name = options.name ?? (isPath ? loadLab(argument, options).name : argument);
  const running = await observe(engine, name);
  if (!running.lab || !running.fabric?.running) return { lab: loadLab(argument, options), runs: false };
  const ended = running.lab.nodes.filter((n) => !running.nodes.get(n.name)?.running).map((n) => n.name);
  if (ended.length > 0)
    throw new Failure(
      'usage',
      `lab "${name}" runs, but not ${ended.join(', ')}`,
      `\`lab up ${argument}\` brings them back`,
    );
  return { lab: running.lab, runs: true };
}

async function runTest(
  engine: Engine,
  running: RunningLab,
  evidence: Evidence,
  emit: Emit,
  signal: AbortSignal,
  bootDeadline: number,
  results: CheckResult[],
): Promise<void> {
  let wire: Wire | undefined;
  try {
    wire = await openWire(
      engine,
      running.fabric.id,
      running.lab.segments.map((s) => s.name),
      evidence.keepPacket,
    );
    await runScenario(new Bed(engine, running, wire, evidence, signal), emit, bootDeadline, results);
  } finally {
    await wire?.close();
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
  for (const name of new Set(kernels.values()))
    versions.set(name, name === 'host' ? info.kernel : (await probeKernel(engine, name)).version);
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
      evidence.write(`log-${name}.txt`, text);
    }),
  );
}
