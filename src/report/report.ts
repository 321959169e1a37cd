import type { CheckResult, Counts } from '../events.ts';
import { type Element, element, writeXml } from '../xml.ts';

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
  /** Changes in a lab that stays which the run could not undo, each with the reason: `lab heal` undoes them. */
  readonly left: readonly string[];
}

function testcase(lab: string, r: CheckResult): Element {
  const told = `promised: ${r.promised}\nseen: ${r.seen}`;
  const outcome = {
    passed: [],
    failed: [element('failure', { message: r.seen }, told)],
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

function suite(report: Report): Element {
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
  ].map(([name = '', value = '']) => element('property', { name, value }));
  return element('testsuite', { name: report.lab, timestamp: report.started, ...attributes(totalsOf(report)) }, [
    element('properties', {}, properties),
    ...report.results.map((r) => testcase(report.lab, r)),
    ...ended,
  ]);
}

/** Formats reports as JUnit XML: one suite per lab, one case per check; inconclusive counts as an error. */
export function junit(reports: readonly Report[]): string {
  const each = reports.map(totalsOf);
  const sum = (of: (t: Totals) => number) => each.reduce((total, t) => total + of(t), 0);
  const all: Totals = {
    tests: sum((t) => t.tests),
    failures: sum((t) => t.failures),
    errors: sum((t) => t.errors),
    skipped: sum((t) => t.skipped),
    seconds: sum((t) => t.seconds),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(element('testsuites', attributes(all), reports.map(suite)))}`;
}
