import { useState } from 'preact/hooks';
import type { Connection } from './connection.ts';

export interface FaultsProps {
  readonly lab: string;
  /** Every fault that the lab can have. */
  readonly faults: readonly string[];
  readonly active: readonly string[];
  readonly ask: Connection['ask'];
}

/** What is active, each with its heal, and a field that injects any fault of the lab. */
export function Faults({ lab, faults, active, ask }: FaultsProps) {
  const [text, setText] = useState('');
  return (
    <section aria-labelledby="faults-title">
      <div class="head-row">
        <h2 id="faults-title">Active faults</h2>
        <form
          class="buttons"
          onSubmit={(event) => {
            event.preventDefault();
            if (text !== '') ask({ type: 'fault', lab, fault: text });
            setText('');
          }}
        >
          <input
            aria-label="Fault to inject"
            list="every-fault"
            placeholder="kill:lb1"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <datalist id="every-fault">
            {faults.map((fault) => (
              <option key={fault} value={fault} />
            ))}
          </datalist>
          <button type="submit" class="button">
            Inject
          </button>
          <button
            type="button"
            class="button"
            disabled={active.length === 0}
            onClick={() => ask({ type: 'heal', lab })}
          >
            Heal all
          </button>
        </form>
      </div>
      {active.length === 0 && <p class="muted">none</p>}
      <ul>
        {active.map((fault) => (
          <li key={fault} class="buttons">
            <code>{fault}</code>
            {faults.includes(fault) && (
              <button type="button" class="button" onClick={() => ask({ type: 'heal', lab, fault })}>
                Heal {fault}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
