import type { Counts, Verdict } from '../../src/events.ts';
import { CountsBar } from './CountsBar.tsx';
import { counted, formatDate, formatMs, VERDICTS } from './format.ts';
import { VerdictMark } from './VerdictMark.tsx';

const HEADLINES: Readonly<Record<Verdict, string>> = {
  passed: 'All promises hold',
  failed: 'Promises are broken',
  inconclusive: 'Not everything could be judged',
  skipped: 'Nothing could run here',
};

export interface SummaryProps {
  readonly verdict: Verdict;
  readonly counts: Counts;
  readonly labs: number;
  readonly labsGood: number;
  readonly started: string;
  readonly ms: number;
}

/** The first thing that a reader sees: the verdict, the counts, when it was and how long it took. */
export function Summary({ verdict, counts, labs, labsGood, started, ms }: SummaryProps) {
  return (
    <section class={`summary summary-${verdict}`} aria-labelledby="verdict">
      <div class="summary-head">
        <VerdictMark verdict={verdict} label={false} />
        <div>
          <h1 id="verdict">
            {HEADLINES[verdict]}
            <span class="visually-hidden"> ({verdict})</span>
          </h1>
          <p class="muted">
            {labs > 1 ? `${labsGood} of ${counted(labs, 'lab')} passed · ` : ''}
            <time dateTime={started}>{formatDate(started)}</time> · {formatMs(ms)}
          </p>
        </div>
      </div>
      <dl class="tiles">
        {[...VERDICTS].reverse().map((v) => (
          <div class={`tile tile-${v}${counts[v] === 0 ? ' tile-none' : ''}`}>
            <dt>{v}</dt>
            <dd>{counts[v].toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
      <CountsBar counts={counts} />
    </section>
  );
}
