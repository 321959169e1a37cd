import type { Counts } from '../../src/events.ts';
import { VERDICTS } from './format.ts';

/** Counts of verdicts as one bar, each part as wide as its share. */
export function CountsBar({ counts }: { counts: Counts }) {
  const told = VERDICTS.filter((v) => counts[v] > 0).map((v) => `${counts[v]} ${v}`);
  return (
    <div class="counts-bar" role="img" aria-label={told.join(', ') || 'no checks'}>
      {[...VERDICTS]
        .reverse()
        .map((v) => counts[v] > 0 && <span class={`fill-${v}`} style={{ flexGrow: counts[v] }} />)}
    </div>
  );
}
