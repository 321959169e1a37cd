import type { Counts } from '../../src/events.ts';

/** Returns the sum of the counts of several labs. */
export function sumCounts(labs: readonly { readonly counts: Counts }[]): Counts {
  const of = (verdict: keyof Counts) => labs.reduce((total, lab) => total + lab.counts[verdict], 0);
  return { passed: of('passed'), failed: of('failed'), inconclusive: of('inconclusive'), skipped: of('skipped') };
}
