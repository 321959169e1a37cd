import type { FrameRef } from '../events.ts';

/** Where a packet is in a report's captures. */
type Place = Pick<FrameRef, 'segment' | 'at'>;

/** Number of frames that a check names: enough to see the pattern, and few enough to read. */
const MOST = 16;

/**
 * Returns which frames decided a check, in the order of their times: the wrong ones first of all, then those that it
 * looked at, as many as a reader can compare.
 */
export function framesOf(seen: readonly Place[], wrong: readonly Place[] = []): readonly FrameRef[] {
  const bad = new Set(wrong);
  const named = [...bad, ...seen.filter((p) => !bad.has(p))].slice(0, MOST);
  return named
    .map((p) => ({ segment: p.segment, at: p.at, ...(bad.has(p) ? { wrong: true as const } : {}) }))
    .sort((a, b) => a.at - b.at);
}
