import { counted } from '../counted.ts';
import type { CheckResult, Counts, Event, Verdict } from '../events.ts';
import { formatMs } from '../net/duration.ts';
import type { Report } from '../report/report.ts';
import { unreachable } from '../result.ts';
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

function checkLines(result: CheckResult, style: Style): string[] {
  const head = `  ${verdictWord(result.verdict, style)} ${style.bold(result.id)} ${result.subject}  ${style.dim(formatMs(result.ms))}`;
  const lines = [head, `       promised  ${result.promised}`, `       seen      ${result.seen}`];
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

/** Describes how several labs ended: a line for each, and one for all. */
export function allText(reports: readonly Report[], counts: Counts, ms: number): string {
  const rows = reports.map((r) => [
    r.error !== undefined ? 'ERROR' : r.counts.failed > 0 ? 'FAIL' : r.counts.inconclusive > 0 ? '????' : 'pass',
    r.lab,
    countsText(r.counts),
    formatMs(r.ms),
    r.error?.split('\n')[0] ?? '',
  ]);
  const good = reports.filter((r) => r.error === undefined && r.counts.failed + r.counts.inconclusive === 0).length;
  return `${table(rows)}\n${good} of ${counted(reports.length, 'lab')} passed: ${countsText(counts)} in ${formatMs(ms)}`;
}

/** Formats an event from `shown` as plain lines; none for events that only a live display shows. */
export function eventLines(event: Event, style: Style): readonly string[] {
  switch (event.type) {
    case 'again':
      return [`${event.lab}: inconclusive: a node was stalled; retrying`];
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
