import type { OutagePage } from '../../src/page/data.ts';
import { formatMs } from './format.ts';
import { px, type Scale } from './scale.ts';

export interface OutageBarProps {
  readonly outage: OutagePage;
  readonly x: Scale;
  readonly top: number;
  readonly right: number;
}

/** An outage as a bar, with the line of its budget and the margin behind that. */
export function OutageBar({ outage: o, x, top, right }: OutageBarProps) {
  const from = o.from ?? 0;
  const limit = o.budget === undefined ? undefined : from + o.budget;
  const clipped = (value: number) => px(Math.min(right, x(value)));
  const labelAt = clipped(Math.max(from + o.outage, limit === undefined ? 0 : limit + o.margin)) + 6;
  const inside = labelAt > right - 190;
  return (
    <g class={`outage outage-${o.verdict}`}>
      <text class="lane-name" x="8" y={top + 24}>
        outage
      </text>
      {limit !== undefined && (
        <rect
          class="margin"
          x={clipped(limit)}
          y={top + 8}
          width={px(Math.max(0, clipped(limit + o.margin) - clipped(limit)))}
          height="24"
        />
      )}
      <rect
        class="outage-bar"
        x={clipped(from)}
        y={top + 12}
        width={px(Math.max(2, clipped(from + o.outage) - clipped(from)))}
        height="16"
        rx="3"
      />
      {limit !== undefined && x(limit) <= right && (
        <line class="budget" x1={clipped(limit)} x2={clipped(limit)} y1={top + 4} y2={top + 36} />
      )}
      <text class="outage-label" x={inside ? right : labelAt} y={top + 24} text-anchor={inside ? 'end' : 'start'}>
        {`${formatMs(o.outage)}${o.budget === undefined ? '' : ` of ${formatMs(o.budget)}`}`}
      </text>
    </g>
  );
}
