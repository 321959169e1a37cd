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

/** The report as JUnit XML: one suite for the lab, one case for each check; inconclusive counts as an error. */
export function junit(report: Report): string {
  const { counts } = report;
  const early = report.interrupted ? 'interrupted before the scenario was through' : report.error;
  const cases = report.results.map((r) => testcase(report.lab, r));
  if (early !== undefined)
    cases.push(
      `    <testcase classname="${xml(report.lab)}" name="the run">\n      <error message="${xml(early)}"/>\n    </testcase>`,
    );
  const errors = counts.inconclusive + (early === undefined ? 0 : 1);
  const totals = `tests="${cases.length}" failures="${counts.failed}" errors="${errors}" skipped="${counts.skipped}" time="${(report.ms / 1000).toFixed(3)}"`;
  const properties = [
    ['engine', `${report.engine.version} (API ${report.engine.apiVersion})`],
    ...report.nodes.map((n) => [`kernel of ${n.name}`, `${n.kernel} ${n.kernelVersion}`]),
    ...report.software.map((s) => [`software ${s.split(' ')[0]}`, s.split(' ')[1] ?? '']),
  ].map(([name = '', value = '']) => `      <property name="${xml(name)}" value="${xml(value)}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${totals}>
  <testsuite name="${xml(report.lab)}" timestamp="${report.started}" ${totals}>
    <properties>
${properties.join('\n')}
    </properties>
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}
