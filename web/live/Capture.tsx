import { useState } from 'preact/hooks';
import { Frames } from '../components/Frames.tsx';
import type { Connection } from './connection.ts';
import type { KnownLab } from './known.ts';

export interface CaptureProps {
  readonly lab: string;
  readonly segments: readonly string[];
  readonly packets: KnownLab['packets'];
  /** Whether the lab can be listened to now. */
  readonly can: boolean;
  readonly ask: Connection['ask'];
}

/** Packets of a segment as they come, decoded, the newest last. */
export function Capture({ lab, segments, packets, can, ask }: CaptureProps) {
  const [segment, setSegment] = useState<string>();
  const [filter, setFilter] = useState('');
  const on = segment ?? segments[0] ?? '';
  return (
    <section aria-labelledby="capture-title">
      <div class="head-row">
        <h2 id="capture-title">Packets</h2>
        <form
          class="buttons"
          onSubmit={(event) => {
            event.preventDefault();
            ask({ type: 'capture', lab, segment: on, filter });
          }}
        >
          <select aria-label="Segment" value={on} onChange={(event) => setSegment(event.currentTarget.value)}>
            {segments.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <input
            aria-label="Filter of packets"
            placeholder="tcp port 80"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
          <button type="submit" class="button" disabled={!can || on === ''}>
            Capture
          </button>
          <button
            type="button"
            class="button"
            disabled={packets?.runs !== true}
            onClick={() => ask({ type: 'stop-capture', lab })}
          >
            End the capture
          </button>
        </form>
      </div>
      {packets && (
        <div class="packets">
          <Frames frames={packets.frames} name={lab} caption={`The last ${packets.frames.length} packets`} />
        </div>
      )}
    </section>
  );
}
