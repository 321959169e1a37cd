import type { Counts, Verdict } from '../../src/events.ts';

/** Formats milliseconds: `420 ms`, `3.69 s`, `4 min 12 s`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Formats a number of bytes: `512 B`, `1.7 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Formats a time in ISO form for a reader: `30 Nov 2026, 14:15 UTC`. */
export function formatDate(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const words = date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  });
  return `${words} UTC`;
}

/** Returns a number with its noun: `1 check`, `41 checks`. */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

/** The verdicts, the worst first. */
export const VERDICTS: readonly Verdict[] = ['failed', 'inconclusive', 'skipped', 'passed'];

/** Returns the verdict of several checks: the worst that matters; skipped only if nothing was judged. */
export function verdictOf(counts: Counts, ended = false): Verdict {
  if (counts.failed > 0) return 'failed';
  if (counts.inconclusive > 0 || ended) return 'inconclusive';
  return counts.passed === 0 && counts.skipped > 0 ? 'skipped' : 'passed';
}

/** Counts checks by their verdicts. */
export function countVerdicts(checks: readonly { readonly verdict: Verdict }[]): Counts {
  const of = (verdict: Verdict) => checks.filter((c) => c.verdict === verdict).length;
  return { passed: of('passed'), failed: of('failed'), inconclusive: of('inconclusive'), skipped: of('skipped') };
}
