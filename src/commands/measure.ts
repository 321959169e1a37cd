import { counted } from '../counted.ts';
import type { CheckResult } from '../events.ts';
import { Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import { type FaultStep, MOST_FLOWS } from '../model/step.ts';
import { formatMs } from '../net/duration.ts';
import { print, printJson, table } from '../output/print.ts';
import { type Distribution, distribution, histogram } from '../report/distribution.ts';
import { Probe } from '../scenario/probe.ts';
import { testLab } from '../scenario/test-lab.ts';
import { faultIn } from './fault.ts';
import { type LabOptions, withSession } from './session.ts';
import { exitCode, findLab, type TestOptions } from './test.ts';

export interface MeasureOptions extends Omit<TestOptions, 'driver'>, LabOptions {
  readonly fault: string;
  readonly runs: number;
  readonly flows: number;
  readonly service?: string;
  readonly clients?: readonly string[];
}

interface Measurement {
  readonly ids: readonly string[];
  readonly figure: string;
  readonly name: string;
  /** The figure of which it is a share; absent if it is a time. */
  readonly of?: string;
}

/** The figures that are collected from each run, by the check that reports them, and their names. */
const MEASURED: readonly Measurement[] = [
  { ids: ['failover.master'], figure: 'advertAfter', name: 'first advert' },
  { ids: ['failover.outage', 'fault.outage', 'fault.effect'], figure: 'firstLossAfter', name: 'first loss' },
  { ids: ['failover.outage', 'fault.outage', 'fault.effect'], figure: 'outage', name: 'outage' },
  { ids: ['failover.outage', 'fault.outage', 'fault.effect'], figure: 'twoMasters', name: 'two masters' },
  {
    ids: ['failover.outage', 'fault.outage', 'fault.effect'],
    figure: 'flowsBroken',
    of: 'flows',
    name: 'held connections broken',
  },
  { ids: ['return.master'], figure: 'advertAfter', name: 'first advert back' },
  { ids: ['return.outage', 'heal.outage'], figure: 'outage', name: 'outage on return' },
  { ids: ['return.outage', 'heal.outage'], figure: 'flowsBroken', of: 'flows', name: 'held broken on return' },
];
const BARS = 10;
const BAR_WIDTH = 40;

interface Measured {
  readonly name: string;
  readonly unit: 'ms' | '%';
  readonly distribution: Distribution;
}

/** `lab measure`: injects a fault and heals it, repeatedly, and reports the distribution of what clients notice. */
export async function measure(argument: string, options: MeasureOptions): Promise<number> {
  if (options.runs < 1) throw new Failure('too-few-runs', {});
  if (options.flows < 1 || options.flows > MOST_FLOWS)
    throw new Failure('flows-out-of-range', { flows: options.flows, most: MOST_FLOWS });
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
    if (failure) throw failure;
    const measured = MEASURED.flatMap(({ ids, figure, of, name }): Measured[] => {
      const values = figures(report.results, ids, figure);
      const wholes = of === undefined ? undefined : figures(report.results, ids, of);
      const known = distribution(wholes ? values.map((v, i) => (100 * v) / (wholes[i] ?? 1)) : values);
      return known ? [{ name, unit: of === undefined ? 'ms' : '%', distribution: known }] : [];
    });
    const budget = figures(report.results, ['failover.outage', 'fault.outage'], 'budget')[0];
    const error =
      Probe.everyMs +
      Math.max(
        0,
        ...figures(
          report.results,
          MEASURED.flatMap((m) => m.ids),
          'worstLag',
        ),
      );
    const summary = {
      lab: lab.name,
      fault: step.fault.text,
      service: step.service,
      clients: step.clients,
      budget,
      error,
      counts: report.counts,
      measured: Object.fromEntries(measured.map((m) => [m.name, m.distribution])),
    };
    if (options.json) printJson(summary);
    else print(measureText(summary, measured));
    return exitCode([{ report }]);
  });
}

function figures(results: readonly CheckResult[], ids: readonly string[], figure: string): number[] {
  return results.filter((r) => ids.includes(r.id)).flatMap((r) => r.figures?.[figure] ?? []);
}

function stepOf(lab: Lab, options: MeasureOptions): FaultStep {
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
