import type { Verdict } from '../../src/events.ts';
import { formatMs } from './format.ts';
import { Scroll } from './Scroll.tsx';
import { linear, px, ticks } from './scale.ts';

export interface DotRow {
  readonly name: string;
  readonly about: string;
  readonly href: string;
  readonly dots: readonly { readonly value: number; readonly verdict: Verdict }[];
  readonly budget?: number;
  readonly margin: number;
}

const WIDTH = 1040;
const LEFT = 330;
const RIGHT = WIDTH - 120;
const ROW = 34;
const TOP = 12;

/** Outages as dots on one scale, a row for each fault, with the line of its budget. */
export function DotPlot({ rows }: { rows: readonly DotRow[] }) {
  const most = Math.max(100, ...rows.flatMap((r) => [...r.dots.map((d) => d.value), (r.budget ?? 0) + r.margin]));
  const x = linear(0, most, LEFT, RIGHT);
  const bottom = TOP + rows.length * ROW;
  return (
    <Scroll label="Outages against their budgets">
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: each row is a link with words of its own */}
      <svg class="dots" viewBox={`0 0 ${WIDTH} ${bottom + 28}`}>
        {ticks(0, most, 8).map((t) => (
          <g class="axis">
            <line x1={px(x(t))} x2={px(x(t))} y1={TOP} y2={bottom} />
            <text x={px(x(t))} y={bottom + 18} text-anchor="middle">
              {`${Number((t / 1000).toFixed(2))} s`}
            </text>
          </g>
        ))}
        {rows.map((row, i) => {
          const y = TOP + i * ROW + ROW / 2;
          return (
            <g class="dot-row">
              <a href={row.href}>
                <text class="lane-name" x="8" y={y - 2}>
                  {short(row.name, 44)}
                </text>
                <text class="lane-about" x="8" y={y + 12}>
                  {short(row.about, 52)}
                </text>
                <text class="outage-label" x={RIGHT + 10} y={y + 4}>
                  {rangeOf(row)}
                </text>
              </a>
              <line class="base" x1={LEFT} x2={RIGHT} y1={y} y2={y} />
              {row.budget !== undefined && (
                <>
                  <rect
                    class="margin"
                    x={px(x(row.budget))}
                    y={y - 10}
                    width={px(x(row.budget + row.margin) - x(row.budget))}
                    height="20"
                  />
                  <line class="budget" x1={px(x(row.budget))} x2={px(x(row.budget))} y1={y - 12} y2={y + 12} />
                </>
              )}
              {row.dots.map((dot, k) => (
                <circle
                  class={`dot dot-${dot.verdict}`}
                  cx={px(x(dot.value))}
                  cy={y + jitter(k, row.dots.length)}
                  r="4.5"
                />
              ))}
            </g>
          );
        })}
      </svg>
    </Scroll>
  );
}

/** Spreads dots of one row, so that equal ones are seen. */
function jitter(k: number, of: number): number {
  return of === 1 ? 0 : ((k * 7) % 11) - 5;
}

function rangeOf({ dots }: DotRow): string {
  const values = dots.map((d) => d.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return dots.length === 1 ? formatMs(most) : `${formatMs(least)} – ${formatMs(most)}`;
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
