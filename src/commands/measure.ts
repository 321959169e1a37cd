import { counted } from '../counted.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import { type FaultStep, MOST_FLOWS } from '../model/step.ts';
import { formatMs } from '../net/duration.ts';
import { print, printJson, table } from '../output/print.ts';
import { type Distribution, histogram } from '../report/distribution.ts';
import { type Measured, outagesIn } from '../scenario/measured.ts';
import { Probe } from '../scenario/probe.ts';
import { testLab } from '../scenario/test-lab.ts';
import { faultIn } from './fault.ts';
import { type LabOptions, useBuild, withSession } from './session.ts';
import { exitCode, pageOrTrouble } from './test.ts';
import { findLab, type TestOptions } from './test-how.ts';

/** What is measured. */
export interface Measuring {
  readonly fault: string;
  readonly runs: number;
  /** Connections that are held open. */
  readonly flows: number;
  /** The service that is asked; the first of the lab if absent. */
  readonly service?: string;
  /** The clients that ask; the first of the lab if absent. */
  readonly clients?: readonly string[];
}

export interface MeasureOptions extends Omit<TestOptions, 'driver'>, LabOptions, Measuring {}

const BARS = 10;
const BAR_WIDTH = 40;

/** `lab measure`: injects a fault and heals it, repeatedly, and reports the distribution of what clients notice. */
export async function measure(argument: string, options: MeasureOptions): Promise<number> {
  mustBeMeasurable(options);
  useBuild(options);
  return withSession(options.json ? { quiet: true } : {}, async (session) => {
    const { engine, emit, signal } = session;
    const { lab, runs } = await findLab(session, argument, options);
    const step = stepOf(lab, options);
    const { report, failure } = await testLab(
      engine,
      {
        lab: { ...lab, scenario: [step] },
        argument,
        runs,
        report: options.report,
        bail: false,
        keep: options.keep ?? false,
        bootDeadline: options.timeout,
      },
      emit,
      signal,
    );
    const unpaged = pageOrTrouble(options.report, emit);
    if (unpaged !== undefined) emit({ type: 'note', text: unpaged });
    if (failure) throw failure;
    const { measured, ...rest } = outagesIn(report.results);
    const summary = {
      lab: lab.name,
      fault: step.fault.text,
      service: step.service,
      clients: step.clients,
      ...rest,
      counts: report.counts,
      measured: Object.fromEntries(measured.map((m) => [m.name, m.distribution])),
    };
    if (options.json) printJson(summary);
    else print(measureText(summary, measured));
    return exitCode([{ report }]) || (unpaged === undefined ? EXIT.ok : EXIT.environment);
  });
}

/** Throws a usage failure if there is nothing to measure. */
export function mustBeMeasurable({ runs, flows }: Measuring): void {
  if (runs < 1) throw new Failure('too-few-runs', {});
  if (flows < 1 || flows > MOST_FLOWS) throw new Failure('flows-out-of-range', { flows, most: MOST_FLOWS });
}

/** Returns the step that measures a fault. Throws a usage failure if the lab has no such service or client. */
export function stepOf(lab: Lab, options: Measuring): FaultStep {
  const service = options.service ?? lab.services[0]?.name;
  if (service === undefined || !lab.services.some((s) => s.name === service))
    throw new Failure('no-service', { lab: lab.name, service });
  return {
    kind: 'fault',
    fault: faultIn(lab, options.fault),
    service,
    clients: clientsOf(lab, options.clients),
    flows: options.flows,
    sticks: false,
    outage: 'budget',
    during: [],
    healed: [],
    repeat: options.runs,
  };
}

function clientsOf(lab: Lab, wanted: readonly string[] | undefined): readonly string[] {
  const clients = lab.nodes.filter((n) => n.kind === 'client').map((n) => n.name);
  const stranger = wanted?.find((name) => !clients.includes(name));
  if (stranger !== undefined) throw new Failure('no-client', { lab: lab.name, client: stranger, clients });
  return wanted === undefined ? clients.slice(0, 1) : [...new Set(wanted)];
}

function measureText(
  summary: {
    lab: string;
    fault: string;
    service: string;
    clients: readonly string[];
    budget: number | undefined;
    error: number;
  },
  measured: readonly Measured[],
): string {
  const rows = measured.map(({ name, unit, distribution: d }) => [
    name,
    ...[d.min, d.median, d.p95, d.max].map((v) => (unit === 'ms' ? formatMs(v) : `${Math.round(v)} %`)),
    name === 'outage' && summary.budget !== undefined ? formatMs(summary.budget) : '',
  ]);
  const outage = measured.find((m) => m.name === 'outage');
  // Each client reports each run.
  const runs = (outage?.distribution.runs ?? 0) / summary.clients.length;
  const who = summary.clients.length > 1 ? `${summary.clients.join(' and ')}, clients` : 'clients';
  return [
    `${summary.lab}, ${summary.fault}, ${counted(runs, 'run')}, seen by ${who} of ${summary.service}`,
    table([['', 'min', 'median', 'p95', 'max', 'budget'], ...rows]),
    `each ± ${formatMs(summary.error)} (a connection every ${Probe.everyMs} ms, plus the longest delay of the probe itself)`,
    ...(outage ? ['', 'outage', ...bars(outage.distribution)] : []),
  ].join('\n');
}

function bars(d: Distribution): string[] {
  const all = histogram(d, BARS);
  const most = Math.max(...all.map((b) => b.count));
  return table(
    all.map((b) => [
      `${formatMs(b.from)} to ${formatMs(b.to)}`,
      String(b.count),
      '█'.repeat(Math.round((b.count / most) * BAR_WIDTH)),
    ]),
  ).split('\n');
}
