import type { Counts, Verdict } from '../../src/events.ts';
import { CountsBar } from './CountsBar.tsx';
import { formatMs } from './format.ts';
import { Scroll } from './Scroll.tsx';
import { VerdictMark } from './VerdictMark.tsx';

export interface LabRow {
  readonly name: string;
  readonly href: string;
  readonly verdict: Verdict;
  readonly counts: Counts;
  readonly source: string;
  readonly modes: string;
  readonly ms: number;
}

/** Every lab of a report, each with its verdict, in a line. */
export function LabList({ labs }: { labs: readonly LabRow[] }) {
  return (
    <Scroll label="Labs">
      <table class="labs">
        <thead>
          <tr>
            <th scope="col">Lab</th>
            <th scope="col">Modes</th>
            <th scope="col">Checks</th>
            <th scope="col" class="number">
              Passed
            </th>
            <th scope="col" class="number">
              Others
            </th>
            <th scope="col" class="number">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {labs.map((lab) => (
            <tr>
              <th scope="row">
                <a href={lab.href}>
                  <VerdictMark verdict={lab.verdict} />
                  <span>{lab.name}</span>
                </a>
                <span class="muted source">{lab.source}</span>
              </th>
              <td class="muted">{lab.modes}</td>
              <td>
                <CountsBar counts={lab.counts} />
              </td>
              <td class="number">{lab.counts.passed}</td>
              <td class="number">
                {lab.counts.failed + lab.counts.inconclusive + lab.counts.skipped === 0 ? (
                  <span class="muted">–</span>
                ) : (
                  (['failed', 'inconclusive', 'skipped'] as const).map(
                    (v) =>
                      lab.counts[v] > 0 && (
                        <span class={`text-${v}`}>
                          {lab.counts[v]} {v}{' '}
                        </span>
                      ),
                  )
                )}
              </td>
              <td class="number">{formatMs(lab.ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
