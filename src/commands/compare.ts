import { counted } from '../counted.ts';
import { EXIT } from '../failure.ts';
import { formatMs } from '../net/duration.ts';
import { print, printJson, table } from '../output/print.ts';
import { CHANCE, type Comparison, compare, type FigureChange, type VerdictChange } from '../report/compare.ts';
import { readReports } from '../report/read.ts';
import type { Report } from '../report/report.ts';
import { Probe } from '../scenario/probe.ts';

/**
 * `lab compare`: shows which verdicts and figures changed between the reports of two sides. Returns 1 if something became
 * worse. Needs no engine.
 */
export async function compareReports(
  before: string,
  after: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const [a, b] = [readReports(before), readReports(after)];
  const comparison = compare(a, b, Probe.everyMs);
  if (options.json) printJson({ before: namesOf(a), after: namesOf(b), ...comparison });
  else print(compareText([before, a], [after, b], comparison));
  return comparison.changes.some((c) => c.way === 'worse') ? EXIT.failed : EXIT.ok;
}

type Side = readonly [path: string, reports: readonly Report[]];

/** Returns the labs of reports, each once. */
function namesOf(reports: readonly Report[]): readonly string[] {
  return [...new Set(reports.map((r) => r.lab))];
}

function compareText(before: Side, after: Side, { changes, same, judged, unjudged, setup }: Comparison): string {
  const side = ([path, reports]: Side) => [path, counted(reports.length, 'report'), namesOf(reports).join(', ')];
  const rows = changes.map((c) => [
    c.way === 'other' ? 'changed' : c.way,
    c.lab,
    c.check,
    c.kind === 'verdict' ? verdictWords(c) : figureWords(c),
  ]);
  return [
    table([
      ['before', ...side(before)],
      ['after', ...side(after)],
    ]),
    ...setup,
    ...(rows.length > 0 ? ['', table(rows)] : []),
    '',
    `${counted(same, 'check')} as before, ${changes.filter((c) => c.kind === 'verdict').length} not`,
    `${counted(judged, 'figure')} compared by ranks (Wilcoxon, Mann, Whitney); a change that is none is told in ${CHANCE * 100} of 100 comparisons at most`,
    ...(unjudged > 0
      ? [
          `${counted(unjudged, 'figure')} not compared: too few runs to tell a change from chance; \`lab measure --runs 20 --report DIR\` makes more`,
        ]
      : []),
  ].join('\n');
}

function verdictWords({ before, after, seen }: VerdictChange): string {
  const gone = after === undefined ? `${before}, now not there` : `${before ?? 'not there'}, now ${after}`;
  return after === undefined || after === 'passed' ? gone : `${gone}: ${seen}`;
}

function figureWords({ figure, unit, before, after, runs, chance, error }: FigureChange): string {
  const value = (n: number) => (unit === 'ms' ? formatMs(n) : String(n));
  const noise = error > 0 ? `, each ± ${formatMs(error)}` : '';
  const p = chance < 1e-4 ? 'p < 0.0001' : `p = ${chance.toFixed(4)}`;
  return `${figure}: median ${value(before)} of ${counted(runs[0], 'run')}, now ${value(after)} of ${runs[1]} (${p}${noise})`;
}
