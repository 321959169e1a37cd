import type { CheckResult, Counts } from '../events.ts';

/** A test run, for programs: results.json. */
export interface Report {
  readonly lab: string;
  readonly file: string;
  readonly source: string;
  readonly started: string;
  readonly ms: number;
  /** The run was ended before its scenario was. */
  readonly interrupted: boolean;
  /** Why the run ended early, when it was not interrupted. */
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
  }[];
  readonly software: readonly string[];
  readonly counts: Counts;
  readonly results: readonly CheckResult[];
  /** What earlier runs could not judge because nodes stood still themselves, a text for each run (`lab test --again`). */
  readonly earlier: readonly string[];
}

function xml(text: string): string {
  const escaped: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };
  // Characters that XML 1.0 forbids would make the whole file unreadable.
  return Array.from(text)
    .filter((c) => c >= ' ' || c === '\n' || c === '\t')
    .join('')
    .replace(/[<>&"]/g, (c) => escaped[c] ?? c);
}

function testcase(lab: string, r: CheckResult): string {
  const told = xml(`promised: ${r.promised}\nseen: ${r.seen}`);
  const evidence =
    r.evidence.length > 0
      ? `\n      <system-out>${xml(`${r.evidence.map((e) => `evidence: ${e}`).join('\n')}`)}</system-out>`
      : '';
  const outcome = {
    passed: '',
    failed: `\n      <failure message="${xml(r.seen)}">${told}</failure>`,
    inconclusive: `\n      <error message="inconclusive: ${xml(r.seen)}">${told}</error>`,
    skipped: `\n      <skipped message="${xml(r.seen)}"/>`,
  }[r.verdict];
  return `    <testcase classname="${xml(`${lab}.${r.step}`)}" name="${xml(`${r.id} ${r.subject}`)}" time="${(r.ms / 1000).toFixed(3)}">${outcome}${evidence}\n    </testcase>`;
}

interface Totals {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly seconds: number;
}

function early(report: Report): string | undefined {
  return report.interrupted ? 'interrupted before the scenario was through' : report.error;
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

function attributes(t: Totals): string {
  return `tests="${t.tests}" failures="${t.failures}" errors="${t.errors}" skipped="${t.skipped}" time="${t.seconds.toFixed(3)}"`;
}

function suite(report: Report): string {
  const cases = report.results.map((r) => testcase(report.lab, r));
  const why = early(report);
  if (why !== undefined)
    cases.push(
      `    <testcase classname="${xml(report.lab)}" name="the run">\n      <error message="${xml(why)}"/>\n    </testcase>`,
    );
  const properties = [
    ['engine', `${report.engine.version} (API ${report.engine.apiVersion})`],
    ...report.nodes.map((n) => [`kernel of ${n.name}`, `${n.kernel} ${n.kernelVersion}`]),
    ...report.software.map((s) => [`software ${s.split(' ')[0]}`, s.split(' ')[1] ?? '']),
  ].map(([name = '', value = '']) => `      <property name="${xml(name)}" value="${xml(value)}"/>`);
  return `  <testsuite name="${xml(report.lab)}" timestamp="${report.started}" ${attributes(totalsOf(report))}>
    <properties>
${properties.join('\n')}
    </properties>
${cases.join('\n')}
  </testsuite>`;
}

/** Reports as JUnit XML: one suite for each lab, one case for each check; inconclusive counts as an error. */
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
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${attributes(all)}>
${reports.map(suite).join('\n')}
</testsuites>
`;
}
