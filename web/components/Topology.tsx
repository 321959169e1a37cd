import { useState } from 'preact/hooks';
import type { Picture, PictureLabel, PictureWay } from '../../src/page/data.ts';
import { Scroll } from './Scroll.tsx';
import { px } from './scale.ts';

type Line = PictureWay['requests'][number];

/** What a node is at the moment, in a word. */
export interface Sign {
  readonly tone: 'master' | 'good' | 'idle' | 'bad';
  readonly text: string;
}

export interface TopologyProps {
  readonly picture: Picture;
  readonly name: string;
  /** The signs of nodes, by their names. */
  readonly signs?: Readonly<Record<string, Sign>>;
}

/** A lab as a drawing: segments, nodes and addresses; the way of a service's packets is shown while it is chosen. */
export function Topology({ picture, name, signs = {} }: TopologyProps) {
  const [hovered, setHovered] = useState<number>();
  const [pinned, setPinned] = useState<number>();
  const shown = hovered ?? pinned;
  const way = shown === undefined ? undefined : picture.ways[shown];
  return (
    <div class="topology">
      <Scroll label={`Topology of ${name}`}>
        <svg
          viewBox={`0 0 ${Math.ceil(picture.width)} ${Math.ceil(picture.height)}`}
          width={Math.ceil(picture.width)}
          role="img"
          aria-label={wordsOf(picture, signs)}
        >
          {picture.wires.map((w) => (
            <g class="wire">
              <line x1={w.from} x2={w.to} y1={w.y} y2={w.y} />
              <text class="wire-name" x="20" y={w.y - 2}>
                {w.name}
              </text>
              {w.about.map((line, i) => (
                <text class="wire-about" x="20" y={w.y + 13 + i * 14}>
                  {line}
                </text>
              ))}
            </g>
          ))}
          {picture.stems.map((s) => (
            <g class="stem">
              <line x1={s.x} x2={s.x} y1={s.from} y2={s.to} />
              <circle cx={s.x} cy={s.to} r="4" />
              {s.labels.map((label, i) => (
                <Label label={label} x={s.x + 8} y={s.y + 12 + i * 16} />
              ))}
            </g>
          ))}
          {way?.requests.map((line) => (
            <path class="way way-request" d={pathOf(line, -3)} />
          ))}
          {way?.replies.map((line) => (
            <path class="way way-reply" d={pathOf(line, 3)} />
          ))}
          {picture.boxes.map((b) => (
            <g class={`box box-${b.kind}`}>
              <rect x={b.x} y={b.y} width={b.width} height={b.height} rx="7" />
              <text class="box-name" x={b.x + 14} y={b.y + 18}>
                {b.name}
              </text>
              {signs[b.name] && (
                <text
                  class={`box-sign sign-${signs[b.name]?.tone}`}
                  text-anchor="end"
                  x={b.x + b.width - 12}
                  y={b.y + 18}
                >
                  {signs[b.name]?.text}
                </text>
              )}
              <text class="box-kind" x={b.x + 14} y={b.y + 33}>
                {b.kind}
              </text>
              {b.lines.map((label, i) => (
                <Label label={label} x={b.x + 14} y={b.y + 52 + i * 16} />
              ))}
            </g>
          ))}
        </svg>
      </Scroll>
      {picture.ways.length > 0 && (
        <ul class="ways" aria-label="Ways of packets">
          {picture.ways.map((w, i) => (
            <li>
              <button
                type="button"
                aria-pressed={pinned === i}
                class={shown === i ? 'active' : undefined}
                onPointerEnter={() => setHovered(i)}
                onPointerLeave={() => setHovered(undefined)}
                onFocus={() => setHovered(i)}
                onBlur={() => setHovered(undefined)}
                onClick={() => setPinned(pinned === i ? undefined : i)}
              >
                <strong>{w.head}</strong>
                <span class="way-words way-words-request">{w.request}</span>
                <span class="way-words way-words-reply">{w.reply}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Label({ label, x, y }: { label: PictureLabel; x: number; y: number }) {
  return (
    <text class={`label label-${label.kind}`} x={x} y={y}>
      {label.text}
    </text>
  );
}

/** Returns a line through points, moved aside so that there and back do not cover each other. */
function pathOf(line: Line, aside: number): string {
  return line.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${px(x + aside)} ${px(y + aside)}`).join('');
}

function wordsOf({ boxes, wires, stems }: Picture, signs: Readonly<Record<string, Sign>>): string {
  const on = (segment: string) => stems.filter((s) => s.segment === segment).map((s) => s.node);
  return [
    `${boxes.length} nodes`,
    ...boxes.flatMap((b) => (signs[b.name] ? [`${b.name} is ${signs[b.name]?.text}`] : [])),
    ...wires.map((w) => `segment ${w.name} ${w.about.join(', ')} connects ${[...new Set(on(w.name))].join(', ')}`),
  ].join('; ');
}
