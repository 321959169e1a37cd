import { useState } from 'preact/hooks';
import type { LabRow } from '../../src/live/data.ts';
import type { Connection } from './connection.ts';

export interface LabListProps {
  readonly labs: readonly LabRow[];
  readonly known: readonly string[];
  readonly current: string | undefined;
  readonly token: string;
  readonly ask: Connection['ask'];
}

/** The labs that run, and a form that starts another. */
export function LabList({ labs, known, current, token, ask }: LabListProps) {
  const idle = known.filter((name) => !labs.some((l) => l.name === name));
  const [chosen, setChosen] = useState('');
  return (
    <nav class="sidebar" aria-label="Labs">
      <ul>
        {labs.map((l) => (
          <li key={l.name}>
            <a href={`#${token}/${l.name}`} aria-current={l.name === current ? 'page' : undefined}>
              <span>{l.name}</span> {l.state !== 'running' && <span class="muted">{l.state}</span>}
            </a>
          </li>
        ))}
      </ul>
      {labs.length === 0 && <p class="muted">No lab runs.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen === '') return;
          ask({ type: 'up', lab: chosen });
          location.hash = `${token}/${chosen}`;
        }}
      >
        <select aria-label="Lab to start" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          <option value="">a lab of labs/</option>
          {idle.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <button type="submit" class="button" disabled={chosen === ''}>
          Start
        </button>
      </form>
    </nav>
  );
}
