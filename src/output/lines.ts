import { counted } from '../counted.ts';
import { type CheckResult, type Counts, type Event, sumCounts, type Verdict } from '../events.ts';
import { formatMs } from '../net/duration.ts';
import {
  byLab,
  type History,
  historyIn,
  historyOf,
  historyWords,
  type RunVerdict,
  worstOf,
} from '../report/history.ts';
import type { Report } from '../report/report.ts';
import { unreachable } from '../result.ts';
import { type Outages, outagesIn } from '../scenario/measured.ts';
import { mapStrings, visible, visibleLine } from '../visible.ts';
import { table } from './print.ts';
import type { Style } from './style.ts';

/** Returns the word of a verdict, in its colour. */
export function verdictWord(verdict: Verdict, style: Style): string {
  switch (verdict) {
    case 'passed':
      return style.green('pass');
    case 'failed':
      return style.red('FAIL');
    case 'inconclusive':
      return style.yellow('????');
    case 'skipped':
      return style.dim('skip');
    default:
      return unreachable(verdict);
  }
}

/**
 * Indent for the details of a check: several lines stay below the word of the verdict, and cannot be mistaken for
 * anything else.
 */
const UNDER = ' '.repeat(17);

/**
 * Returns an event for display: without anything that a terminal would act on, and on one line except for notes and
 * what was seen.
 */
export function shown(event: Event): Event {
  if (event.type === 'note') return { ...event, text: visible(event.text) };
  const line = mapStrings(event, visibleLine);
  if (event.type !== 'check' || line.type !== 'check') return line;
  return { ...line, result: { ...line.result, seen: visible(event.result.seen).replaceAll('\n', `\n${UNDER}`) } };
}

/** Formats a result from `shown` as one line: enough of a check that passed. */
export function checkLine(result: CheckResult, style: Style): string {
  return `  ${verdictWord(result.verdict, style)} ${style.bold(result.id)} ${result.subject}  ${style.dim(formatMs(result.ms))}`;
}

function checkLines(result: CheckResult, style: Style): string[] {
  const lines = [checkLine(result, style), `       promised  ${result.promised}`, `       seen      ${result.seen}`];
  if (result.evidence.length > 0) lines.push(`       evidence  ${style.dim(result.evidence.join(', '))}`);
  return lines;
}

/** Formats counts: `12 passed, 0 failed`, and other verdicts if there are any. */
export function countsText(counts: Counts): string {
  const parts = [`${counts.passed} passed`, `${counts.failed} failed`];
  if (counts.inconclusive > 0) parts.push(`${counts.inconclusive} inconclusive`);
  if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
  return parts.join(', ');
}

/** The word of each way in which a run ends. */
const RUN_WORDS: Readonly<Record<RunVerdict, string>> = {
  passed: 'pass',
  failed: 'FAIL',
  inconclusive: '????',
  error: 'ERROR',
};

/** Describes how several labs ended: a line for each, those that are flaky with their history, and a line for all. */
export function allText(reports: readonly Report[], counts: Counts, ms: number): string {
  const labs = byLab(reports);
  const rows = labs.map((runs) => {
    const history = historyIn(runs);
    return [
      history?.flaky ? 'FLAKY' : RUN_WORDS[worstOf(runs)],
      runs[0]?.lab ?? '',
      history ? historyWords(history) : countsText(sumCounts(runs.map((r) => r.counts))),
      formatMs(runs.reduce((sum, r) => sum + r.ms, 0)),
      runs.find((r) => r.error !== undefined)?.error?.split('\n')[0] ?? '',
    ];
  });
  const told = labs.flatMap((runs) => unsteadyLines(runs[0]?.lab ?? '', historyIn(runs)));
  const good = labs.filter((runs) => worstOf(runs) === 'passed').length;
  return [
    table(rows),
    ...told,
    `${good} of ${counted(labs.length, 'lab')} passed: ${countsText(counts)} in ${formatMs(ms)}`,
  ].join('\n');
}

/**
 * Describes how labs ended with each combination of a matrix: a line for each, with the spread of the outages that faults cost
 * clients; and a line for all.
 */
export function matrixText(reports: readonly Report[], counts: Counts, ms: number): string {
  const labs = byLab(reports);
  const rows = labs.map((runs) => [
    historyIn(runs)?.flaky ? 'FLAKY' : RUN_WORDS[worstOf(runs)],
    runs[0]?.cell ?? '',
    runs[0]?.lab ?? '',
    countsText(sumCounts(runs.map((r) => r.counts))),
    spreadWords(outagesIn(runs.flatMap((r) => r.results))),
    runs.find((r) => r.error !== undefined)?.error?.split('\n')[0] ?? '',
  ]);
  const good = labs.filter((runs) => worstOf(runs) === 'passed').length;
  const all = `${good} of ${counted(labs.length, 'run')} passed: ${countsText(counts)} in ${formatMs(ms)}`;
  return [table(rows), all].join('\n');
}

function spreadWords({ measured }: Outages): string {
  const outage = measured.find((m) => m.name === 'outage')?.distribution;
  return outage ? `outage ${[...new Set([outage.min, outage.max].map(formatMs))].join(' to ')}` : '';
}

/** Describes what became of one lab in several runs. */
export function historyText(runs: readonly Report[]): string {
  const lab = runs[0]?.lab ?? '';
  const history = historyOf(runs);
  const errors = runs.flatMap(({ error }, i) => (error === undefined ? [] : [`  run ${i + 1} ended early: ${error}`]));
  const head = `${lab}${history.flaky ? ' is flaky: it' : ''} ${historyWords(history)}`;
  return [head, ...unsteadyLines(lab, history), ...errors].join('\n');
}

function unsteadyLines(lab: string, { unsteady }: Pick<History, 'unsteady'> = { unsteady: [] }): readonly string[] {
  return unsteady.map(
    ({ check, step, verdicts }) =>
      `  ${visibleLine(`${lab}: ${check} (${step})`)}: ${verdicts.map((v) => v ?? 'not there').join(', ')}`,
  );
}

/** Formats an event from `shown` as plain lines; none for events that only a live display shows. */
export function eventLines(event: Event, style: Style): readonly string[] {
  switch (event.type) {
    case 'again':
      return [`${event.lab}: inconclusive: a node was stalled; retrying`];
    case 'run':
      return [style.bold(`${event.lab}: run ${event.run}${event.of === undefined ? '' : ` of ${event.of}`}`)];
    case 'note':
      return [event.text];
    case 'plan':
      return [`${style.bold(event.lab)}: ${counted(event.nodes.length, 'node')}`];
    case 'node':
      return event.state === 'ready' || event.state === 'failed'
        ? [`  ${event.node} ${event.state}${event.detail ? `: ${event.detail}` : ''}`]
        : [];
    case 'lab':
      return [`${style.bold(event.lab)} ${event.state}: ${event.detail} ${style.dim(`in ${formatMs(event.ms)}`)}`];
    case 'step':
      return [style.bold(event.title)];
    case 'wait':
    case 'checking':
      return [];
    case 'fault':
      return [`  ${style.yellow('fault')} ${event.text}`];
    case 'left':
      return event.changes.map((change) => `${style.red('not undone')} in ${event.lab}: ${change}`);
    case 'check':
      return checkLines(event.result, style);
    case 'summary':
      return [
        `${style.bold(event.lab)}: ${countsText(event.counts)}${event.interrupted ? ', interrupted' : ''} in ${formatMs(event.ms)}`,
      ];
    default:
      return unreachable(event);
  }
}
