import type { Counts, Verdict } from '../../src/events.ts';
import { VERDICTS } from './format.ts';
import { VerdictMark } from './VerdictMark.tsx';

export interface Filter {
  /** The verdict that is shown; all if undefined. */
  readonly verdict: Verdict | undefined;
  readonly text: string;
}

export interface FilterBarProps {
  readonly filter: Filter;
  readonly counts: Counts;
  readonly onChange: (filter: Filter) => void;
}

/** Chooses the verdict that is shown, and searches in names and words. */
export function FilterBar({ filter, counts, onChange }: FilterBarProps) {
  const all = VERDICTS.reduce((sum, v) => sum + counts[v], 0);
  const chip = (verdict: Verdict | undefined, label: string, n: number) => (
    <button
      type="button"
      class="chip"
      aria-pressed={filter.verdict === verdict}
      disabled={n === 0 && filter.verdict !== verdict}
      onClick={() => onChange({ ...filter, verdict })}
    >
      {verdict && <VerdictMark verdict={verdict} label={false} />}
      {label} <span class="chip-count">{n.toLocaleString('en')}</span>
    </button>
  );
  return (
    <search class="filter-bar">
      <label class="search">
        <span class="visually-hidden">Search checks</span>
        <input
          type="search"
          placeholder="Search labs, checks, addresses, words"
          value={filter.text}
          onInput={(event) => onChange({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <fieldset class="chips">
        <legend class="visually-hidden">Filter by verdict</legend>
        {chip(undefined, 'All', all)}
        {VERDICTS.map((v) => chip(v, v, counts[v]))}
      </fieldset>
    </search>
  );
}
