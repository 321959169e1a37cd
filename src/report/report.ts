import type { CheckResult, Counts, Verdict } from '../events.ts';
import type { Ending } from '../failure-words.ts';
import { type Element, element, writeXml } from '../xml.ts';
import { byLab, checkKey, type History, historyIn, verdictsOf } from './history.ts';

/** A test run, for programs: results.json. */
export interface Report {
  readonly lab: string;
  readonly file: string;
  readonly source: string;
  readonly started: string;
  readonly ms: number;
  /** Whether the run was ended before its scenario was complete. */
  readonly interrupted: boolean;
  /** Why the run ended early, if it was not interrupted. */
  readonly error?: string;
  /** With `error`: whether the lab failed (its nodes did not come up), or the machine could not run it. */
  readonly ending?: Ending;
  readonly engine: {
    readonly version: string;
    readonly apiVersion: string;
    readonly kernel: string;
    readonly address: string;
  };
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: string;
    readonly kernel: string;
    readonly kernelVersion: string;
    /** On a director: its load balancer, in words; absent if the director did not answer. */
    readonly driver?: string;
  }[];
  readonly software: readonly string[];
  readonly counts: Counts;
  readonly results: readonly CheckResult[];
  /** What earlier runs could not judge because nodes were stalled, one text per run (`lab test --again`). */
  readonly earlier: readonly string[];
  /** The combination of a matrix with which the lab was tested, in words (`lab test --matrix`). */
  readonly cell?: string;
  /** The number of the run, from 1, if the lab is tested several times (`lab test --repeat`). */
  readonly run?: number;
  /** What became of the lab in this run and those before it, if it is tested several times. */
  readonly history?: History;
  /** Changes in a lab that stays which the run could not undo, each with the reason: `lab heal` undoes them. */
  readonly left: readonly string[];
}

function testcase(lab: string, r: CheckResult, runs: readonly (Verdict | null)[]): Element {
  const passed = runs.filter((v) => v === 'passed').length;
  const flaky = passed > 0 ? `flaky, passed in ${passed} of ${runs.length} runs: ` : '';
  const told = `promised: ${r.promised}\nseen: ${r.seen}`;
  const outcome = {
    passed: [],
    failed: [element('failure', { message: `${flaky}${r.seen}` }, told)],
    inconclusive: [element('error', { message: `inconclusive: ${r.seen}` }, told)],
    skipped: [element('skipped', { message: r.seen })],
  }[r.verdict];
  const evidence =
    r.evidence.length > 0 ? [element('system-out', {}, r.evidence.map((e) => `evidence: ${e}`).join('\n'))] : [];
  const attributes = {
    classname: `${lab}.${r.step}`,
    name: `${r.id} ${r.subject}`,
    time: (r.ms / 1000).toFixed(3),
  };
  return element('testcase', attributes, [...outcome, ...evidence]);
}

interface Totals {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly seconds: number;
}

function early(report: Report): string | undefined {
  return report.interrupted ? 'interrupted before the end of the scenario' : report.error;
}

function totalsOf(report: Report): Totals {
  const { counts } = report;
  const ended = early(report) === undefined ? 0 : 1;
  return {
    tests: report.results.length + ended,
    failures: counts.failed,
    errors: counts.inconclusive + ended,
    skipped: counts.skipped,
    seconds: report.ms / 1000,
  };
}

function attributes(t: Totals): Readonly<Record<string, string | number>> {
  const { seconds, ...counts } = t;
  return { ...counts, time: seconds.toFixed(3) };
}

/** A suite of one run of a lab; `all`: every run of the lab. */
function suite(report: Report, all: readonly Report[]): Element {
  const history = historyIn(all);
  const verdicts = verdictsOf(all);
  const why = early(report);
  const ended =
    why === undefined
      ? []
      : [element('testcase', { classname: report.lab, name: 'the run' }, [element('error', { message: why })])];
  const properties = [
    ['engine', `${report.engine.version} (API ${report.engine.apiVersion})`],
    ...report.nodes.map((n) => [`kernel of ${n.name}`, `${n.kernel} ${n.kernelVersion}`]),
    ...report.nodes.flatMap((n) => (n.driver === undefined ? [] : [[`driver of ${n.name}`, n.driver]])),
    ...report.software.map((s) => [`software ${s.split(' ')[0]}`, s.split(' ')[1] ?? '']),
    ...(history ? [['history', history.runs.join(', ')]] : []),
    ...(history ? [['flaky', String(history.flaky)]] : []),
  ].map(([name = '', value = '']) => element('property', { name, value }));
  const name = report.run !== undefined ? `${report.lab} (run ${report.run})` : report.lab;
  return element('testsuite', { name, timestamp: report.started, ...attributes(totalsOf(report)) }, [
    element('properties', {}, properties),
    ...report.results.map((r) => testcase(report.lab, r, verdicts.get(checkKey(r))?.verdicts ?? [])),
    ...ended,
  ]);
}

/**
 * Formats reports as JUnit XML: one suite for each run of a lab, one case for each check; inconclusive counts as an error.
 * A check that failed, and passed in another run of the lab, is called flaky.
 */
export function junit(reports: readonly Report[]): string {
  const suites = byLab(reports).flatMap((runs) => runs.map((report) => suite(report, runs)));
  const each = reports.map(totalsOf);
  const sum = (of: (t: Totals) => number) => each.reduce((total, t) => total + of(t), 0);
  const all: Totals = {
    tests: sum((t) => t.tests),
    failures: sum((t) => t.failures),
    errors: sum((t) => t.errors),
    skipped: sum((t) => t.skipped),
    seconds: sum((t) => t.seconds),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(element('testsuites', attributes(all), suites))}`;
}
