import { EXIT } from '../failure.ts';
import type { Report } from './report.ts';

/**
 * Returns the exit code that reports stand for: 1 if a check failed or a lab did not come up, 130 if the user interrupted,
 * 3 if a run ended early or a check is inconclusive, else 0.
 */
export function exitOf(reports: readonly Report[]): number {
  if (reports.some((r) => r.counts.failed > 0 || r.ending === 'failed')) return EXIT.failed;
  if (reports.some((r) => r.interrupted)) return EXIT.interrupted;
  return reports.some((r) => r.error !== undefined || r.counts.inconclusive > 0) ? EXIT.environment : EXIT.ok;
}
