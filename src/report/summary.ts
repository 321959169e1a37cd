import { counted } from '../counted.ts';
import { sumCounts } from '../events.ts';
import { formatMs } from '../net/duration.ts';
import { visibleLine } from '../visible.ts';
import { byLab, historyIn, historyWords, worstOf } from './history.ts';
import type { Report } from './report.ts';

/** Characters of one text of a check, and checks, at most: GitHub takes 1 MiB for a step. */
const MOST_TEXT = 400;
const MOST_CHECKS = 100;

/** The mark of each way in which a run ends. */
const MARKS = { passed: '✅', failed: '❌', error: '💥', inconclusive: '❔' } as const;

/** Formats reports as Markdown: a line for each lab, and what did not pass. Text from nodes is shown as it is. */
export function summaryMarkdown(reports: readonly Report[]): string {
  const labs = byLab(reports);
  const counts = sumCounts(reports.map((r) => r.counts));
  const good = labs.filter((runs) => worstOf(runs) === 'passed').length;
  const rest = [
    ...(counts.inconclusive > 0 ? [`${counts.inconclusive} inconclusive`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
  ];
  const wrong = reports.flatMap((report) => wrongIn(report));
  return [
    `### ${good} of ${counted(labs.length, 'lab')} passed`,
    '',
    [`${counted(counts.passed, 'check')} passed`, `${counts.failed} failed`, ...rest].join(', '),
    '',
    '| | lab | checks | time | |',
    '| --- | --- | --- | --- | --- |',
    ...labs.map(row),
    '',
    ...wrong.slice(0, MOST_CHECKS),
    ...(wrong.length > MOST_CHECKS ? [`and ${wrong.length - MOST_CHECKS} more`, ''] : []),
  ].join('\n');
}

function row(runs: readonly Report[]): string {
  const history = historyIn(runs);
  const { passed, failed, inconclusive } = sumCounts(runs.map((r) => r.counts));
  const cells = [
    history?.flaky ? '⚠️ flaky' : MARKS[worstOf(runs)],
    plain(runs[0]?.lab ?? ''),
    `${passed} / ${passed + failed + inconclusive}`,
    formatMs(runs.reduce((sum, r) => sum + r.ms, 0)),
    history ? historyWords(history) : plain(runs.find((r) => r.error !== undefined)?.error?.split('\n')[0] ?? ''),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Returns what did not pass in a run, each as a part that unfolds. */
function wrongIn(report: Report): readonly string[] {
  const run = report.run === undefined ? '' : ` (run ${report.run})`;
  return report.results
    .filter((r) => r.verdict === 'failed' || r.verdict === 'inconclusive')
    .map((r) => {
      const head = `${MARKS[r.verdict === 'failed' ? 'failed' : 'inconclusive']} <b>${plain(report.lab)}</b>${run}: ${plain(`${r.id} ${r.subject}`)}`;
      const lines = [`step: ${r.step}`, `promised: ${r.promised}`, `seen: ${r.seen}`].map((l) => l.slice(0, MOST_TEXT));
      return `<details><summary>${head}</summary>\n\n${lines.map(plain).join('<br>\n')}\n\n</details>\n`;
    });
}

/** Returns text that Markdown and HTML show as it is, on one line: every character that either may act on is written out. */
function plain(text: string): string {
  return visibleLine(text).replaceAll(/[!-+\-/:-@[-`{-~]/g, (c) => `&#${c.charCodeAt(0)};`);
}
