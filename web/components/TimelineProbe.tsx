import type { ProbeLine } from '../../src/page/data.ts';
import type { Scale } from './scale.ts';
import { attempts, latencyBars, strokes } from './timeline-path.ts';

export interface TimelineProbeProps {
  readonly probe: ProbeLine;
  readonly x: Scale;
  readonly top: number;
  readonly right: number;
}

/** What a client got: a bar for each new connection, and below them its held connection. */
export function TimelineProbe({ probe, x, top, right }: TimelineProbeProps) {
  const fresh = attempts(probe.fresh);
  const held = attempts(probe.held);
  const base = top + 48;
  return (
    <g class="probe">
      <text class="lane-name" x="8" y={base - 22}>
        {probe.client === '' ? 'client' : probe.client}
      </text>
      <text class="lane-about" x="8" y={base - 7}>
        new connections
      </text>
      <line class="base" x1="132" x2={right} y1={base} y2={base} />
      <path
        class="answered"
        d={latencyBars(
          fresh.filter((a) => a.ok),
          x,
          base,
          44,
        )}
      />
      <path
        class="lost"
        d={strokes(
          fresh.filter((a) => !a.ok).map((a) => a.at),
          x,
          top + 4,
          base,
        )}
      />
      {held.length > 0 && (
        <>
          <text class="lane-about" x="8" y={base + 16}>
            held connections
          </text>
          <path
            class="answered"
            d={strokes(
              held.filter((a) => a.ok).map((a) => a.at),
              x,
              base + 7,
              base + 17,
            )}
          />
          <path
            class="lost"
            d={strokes(
              held.filter((a) => !a.ok).map((a) => a.at + a.took),
              x,
              base + 5,
              base + 19,
            )}
          />
        </>
      )}
    </g>
  );
}
