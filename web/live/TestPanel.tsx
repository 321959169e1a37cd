import type { TestView } from '../../src/live/data.ts';
import { CheckRow } from '../components/CheckRow.tsx';
import type { Connection } from './connection.ts';

export interface TestPanelProps {
  readonly lab: string;
  readonly test: TestView | undefined;
  /** Whether it can be tested now. */
  readonly can: boolean;
  readonly ask: Connection['ask'];
}

/** The test of the lab: what it does now, and each check with its verdict as it comes. */
export function TestPanel({ lab, test, can, ask }: TestPanelProps) {
  return (
    <section aria-labelledby="test-title">
      <div class="head-row">
        <h2 id="test-title">
          Test <span class="muted">{test?.runs ? test.step : (test?.ended ?? '')}</span>
        </h2>
        <span class="buttons">
          <button
            type="button"
            class="button"
            disabled={!can || test?.runs === true}
            onClick={() => ask({ type: 'test', lab })}
          >
            Run the test
          </button>
          <button type="button" class="button" disabled={!test?.runs} onClick={() => ask({ type: 'stop-test', lab })}>
            End it
          </button>
        </span>
      </div>
      {test && test.checks.length > 0 && (
        <ul class="checks">
          {test.checks.map((check) => (
            <CheckRow key={check.key} check={check} open={check.verdict === 'failed'} current={false} />
          ))}
        </ul>
      )}
    </section>
  );
}
