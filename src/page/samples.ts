import type { Sample } from '../scenario/outage.ts';
import type { Samples } from './data.ts';

/**
 * Returns samples for the page, in the order of their starts, `zero` in microseconds being the zero of their clock. Of
 * more than `most` every n-th is kept, and every one at which answers begin or end, so that no gap is lost.
 */
export function packed(samples: readonly Sample[], zero: number, most: number): Samples {
  const sorted = [...samples].sort((a, b) => a.at - b.at);
  const every = Math.max(1, Math.ceil(sorted.length / most));
  const kept = sorted.filter(
    (s, i) => i % every === 0 || sorted[i - 1]?.ok !== s.ok || (sorted[i + 1] && sorted[i + 1]?.ok !== s.ok),
  );
  let before = 0;
  const at = kept.map(({ at: time }) => {
    const now = Math.round((time - zero) / 100);
    const step = now - before;
    before = now;
    return step;
  });
  return {
    at,
    took: kept.map((s) => Math.round((s.end - s.at) / 100)),
    lost: kept.flatMap((s, i) => (s.ok ? [] : [i])),
  };
}
