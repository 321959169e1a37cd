import { useState } from 'preact/hooks';
import type { OutagePage, Timeline } from '../../src/page/data.ts';
import { formatMs } from './format.ts';
import { OutageBar } from './OutageBar.tsx';
import { Scroll } from './Scroll.tsx';
import { linear, px, ticks } from './scale.ts';
import { TimelineLane } from './TimelineLane.tsx';
import { TimelineProbe } from './TimelineProbe.tsx';
import { attempts } from './timeline-path.ts';

const WIDTH = 1040;
const LEFT = 132;
const RIGHT = WIDTH - 16;
const TOP = 46;
const PROBE = 76;
const OUTAGE = 40;
const LANE = 30;

/** A fault and its end on one clock: what clients got, what directors sent, and the outage against its budget. */
export function TimelineView({ timeline, name }: { timeline: Timeline; name: string }) {
  const [hover, setHover] = useState<number>();
  const { probes, lanes, outages, marks } = timeline;
  const x = linear(timeline.from, timeline.to, LEFT, RIGHT);
  const shown = outages.filter((o) => o.from !== undefined);
  const outageTop = TOP + probes.length * PROBE;
  const laneTop = outageTop + shown.length * OUTAGE;
  const bottom = laneTop + lanes.length * LANE + 6;
  const near = hover === undefined ? undefined : nearest(timeline, hover);
  return (
    <figure class="timeline">
      <figcaption>
        <strong>{timeline.title}</strong>
        {outages.map((o) => (
          <OutageWords outage={o} />
        ))}
      </figcaption>
      <Scroll label={`Timeline of ${name}`}>
        <svg
          viewBox={`0 0 ${WIDTH} ${bottom + 30}`}
          role="img"
          aria-label={summaryOf(timeline)}
          onPointerMove={(event) => setHover(timeAt(event, timeline))}
          onPointerLeave={() => setHover(undefined)}
        >
          {ticks(timeline.from, timeline.to, 12).map((t) => (
            <g class="axis">
              <line x1={px(x(t))} x2={px(x(t))} y1={TOP - 8} y2={bottom} />
              <text x={px(x(t))} y={bottom + 18} text-anchor="middle">
                {`${Number((t / 1000).toFixed(2))} s`}
              </text>
            </g>
          ))}
          {probes.map((probe, i) => (
            <TimelineProbe probe={probe} x={x} top={TOP + i * PROBE} right={RIGHT} />
          ))}
          {shown.map((o, i) => (
            <OutageBar outage={o} x={x} top={outageTop + i * OUTAGE} right={RIGHT} />
          ))}
          {lanes.map((lane, i) => (
            <TimelineLane lane={lane} x={x} top={laneTop + i * LANE} right={RIGHT} />
          ))}
          {marks
            .filter((m) => m.kind !== 'wait')
            .map((m, i) => {
              const at = px(x(m.at));
              const end = at > WIDTH - 220;
              return (
                <g class={`event event-${m.kind}`}>
                  <line x1={at} x2={at} y1={TOP - 12} y2={bottom} />
                  <text x={end ? at - 5 : at + 5} y={i % 2 === 0 ? 14 : 30} text-anchor={end ? 'end' : 'start'}>
                    {m.text}
                  </text>
                </g>
              );
            })}
          {hover !== undefined && (
            <line class="crosshair" x1={px(x(hover))} x2={px(x(hover))} y1={TOP - 8} y2={bottom} />
          )}
        </svg>
      </Scroll>
      <div class="timeline-foot">
        <Legend lanes={lanes.length > 0} outage={shown.length > 0} />
        <output class="readout">{hover === undefined ? '' : `${seconds(hover)}: ${near ?? 'no connection'}`}</output>
      </div>
    </figure>
  );
}

/** An outage against its budget, with the budget's arithmetic. */
function OutageWords({ outage: o }: { outage: OutagePage }) {
  const head = o.check.split(':')[0] ?? '';
  return (
    <span class="outage-words">
      <code>{head}</code> {o.subject}: <strong class={`text-${o.verdict}`}>{formatMs(o.outage)}</strong>
      {o.budget === undefined ? ` (${o.words})` : ` of at most ${formatMs(o.budget)} = ${o.words}`}
      {o.margin > 0 && `, margin ${formatMs(o.margin)}`}
    </span>
  );
}

function Legend({ lanes, outage }: { lanes: boolean; outage: boolean }) {
  return (
    <ul class="legend" aria-label="Legend">
      <li>
        <i class="key key-answered" /> answered, as high as its latency
      </li>
      <li>
        <i class="key key-lost" /> lost
      </li>
      {outage && (
        <li>
          <i class="key key-budget" /> budget, then margin
        </li>
      )}
      {lanes && (
        <>
          <li>
            <i class="key key-reign" /> master
          </li>
          <li>
            <i class="key key-advert" /> advert
          </li>
          <li>
            <i class="key key-garp" /> gratuitous ARP
          </li>
        </>
      )}
    </ul>
  );
}

function seconds(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${Math.abs(ms / 1000).toFixed(3)} s`;
}

/** Returns the time under the pointer, in milliseconds; undefined beside the time axis. */
function timeAt(event: PointerEvent & { currentTarget: SVGSVGElement }, { from, to }: Timeline): number | undefined {
  const box = event.currentTarget.getBoundingClientRect();
  if (box.width === 0) return undefined;
  const at = ((event.clientX - box.left) / box.width) * WIDTH;
  return at < LEFT || at > RIGHT ? undefined : from + ((at - LEFT) / (RIGHT - LEFT)) * (to - from);
}

/** Tells of the connection that was started nearest to a time. */
function nearest({ probes }: Timeline, at: number): string | undefined {
  const all = probes.flatMap((p) => attempts(p.fresh));
  const [first] = [...all].sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at));
  if (!first || Math.abs(first.at - at) > 250) return undefined;
  return first.ok ? `answered in ${formatMs(first.took)}` : `lost after ${formatMs(first.took)}`;
}

/** Returns a timeline in words, for those who do not see it. */
function summaryOf({ title, marks, lanes, outages }: Timeline): string {
  const events = marks.filter((m) => m.kind !== 'wait').map((m) => `${seconds(m.at)} ${m.text}`);
  const masters = lanes.flatMap((l) =>
    l.reigns.map((r) => `${l.node} is master of ${l.instance} from ${seconds(r.from)} to ${seconds(r.to)}`),
  );
  const out = outages.map((o) => `outage ${formatMs(o.outage)}`);
  return [title, ...events, ...masters, ...out].join('; ');
}
