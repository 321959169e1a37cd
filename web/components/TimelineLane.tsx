import type { Lane } from '../../src/page/data.ts';
import { px, type Scale } from './scale.ts';
import { strokes } from './timeline-path.ts';

export interface TimelineLaneProps {
  readonly lane: Lane;
  readonly x: Scale;
  readonly top: number;
  readonly right: number;
}

/** What a director sent for a VRRP instance: when it was master, its adverts, and its announcements of addresses. */
export function TimelineLane({ lane, x, top, right }: TimelineLaneProps) {
  const middle = top + 15;
  return (
    <g class="lane">
      <text class="lane-name" x="8" y={middle + 4}>
        {lane.node} <tspan class="lane-about">{lane.instance}</tspan>
      </text>
      <line class="base" x1="132" x2={right} y1={middle} y2={middle} />
      {lane.reigns.map((r) => (
        <rect
          class="reign"
          x={px(x(r.from))}
          y={middle - 7}
          width={px(Math.max(2, x(r.to) - x(r.from)))}
          height="14"
          rx="3"
        />
      ))}
      <path class="advert" d={strokes(lane.adverts, x, middle - 7, middle + 7)} />
      <path class="lost" d={strokes(lane.resigned, x, middle - 9, middle + 9)} />
      <path class="garp" d={lane.announced.map(({ at }) => `M${px(x(at))} ${middle - 6}l3.5 -6h-7z`).join('')} />
    </g>
  );
}
