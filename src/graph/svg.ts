import { type Element, element, writeXml } from '../xml.ts';
import type { Graph } from './graph.ts';

/** Sizes in pixels: a character, a line of text, a margin, and the height of a node's box. */
const CHAR = 7.3;
const LINE = 17;
const MARGIN = 24;
const BOX = 46;

const COLOURS: Readonly<Record<string, string>> = {
  client: '#e8f1fb',
  director: '#fdeccf',
  realserver: '#e3f4e1',
  switch: '#eee9f8',
  host: '#f0f0f0',
};

const BOLD = { 'font-weight': 'bold' };
const GREY = { fill: '#5b6b7b' };

function text(x: number, y: number, value: string, more: Readonly<Record<string, string>> = {}): Element {
  return element('text', { x, y, ...more }, value);
}

/** Returns a lab's picture as SVG, with the layout of `graphText`: nodes above, segments as lines across. */
export function graphSvg(graph: Graph): string {
  const { columns, rows } = graph;
  const left = MARGIN + Math.max(...rows.flatMap((r) => [r.segment, ...r.subnets].map((t) => t.length))) * CHAR + 16;
  const widths = columns.map(
    (c, i) =>
      Math.max(c.name.length, c.kind.length, ...rows.flatMap((r) => (r.ends[i] ?? []).map((t) => t.length))) * CHAR +
      30,
  );
  const xs = widths.map((_, i) => left + widths.slice(0, i).reduce((sum, w) => sum + w, 0));
  const below = [
    ...columns.flatMap((c) => c.notes.map((n) => `${c.name}: ${n}`)),
    ...graph.paths.flatMap((p) => [p.head, `    request  ${p.request}`, `    reply    ${p.reply}`]),
  ];
  const wide = widths.reduce((sum, w) => sum + w, left);
  const width = Math.max(wide, ...[graph.title, ...below].map((t) => t.length * CHAR + 2 * MARGIN)) + MARGIN;
  const parts = [text(MARGIN, MARGIN + 6, graph.title, BOLD)];
  const top = MARGIN + 24;
  let y = top + BOX + 28;
  const wires: Element[] = [];
  const dots: Element[] = [];
  const bottoms = columns.map(() => top + BOX);
  for (const row of rows) {
    wires.push(element('line', { x1: MARGIN, y1: y, x2: wide, y2: y, stroke: '#5b6b7b', 'stroke-width': 3 }));
    parts.push(text(MARGIN, y - 6, row.segment, BOLD));
    parts.push(...row.subnets.map((s, k) => text(MARGIN, y + LINE * (k + 1), s, GREY)));
    row.ends.forEach((end, i) => {
      const x = (xs[i] ?? 0) + 14;
      if (!end) return;
      bottoms[i] = y;
      dots.push(element('circle', { cx: x, cy: y, r: 5, fill: '#2d3a47' }));
      parts.push(...end.map((t, k) => text(x + 9, y + LINE * (k + 1), t)));
    });
    y += LINE * Math.max(1, row.subnets.length, ...row.ends.map((e) => e?.length ?? 0)) + 34;
  }
  const stems = columns.flatMap((c, i) => {
    const left = xs[i] ?? 0;
    const x = left + 14;
    const box = { x: left, y: top, width: (widths[i] ?? 0) - 14, height: BOX, rx: 6 };
    return [
      element('line', { x1: x, y1: top + BOX, x2: x, y2: bottoms[i] ?? top, stroke: '#2d3a47', 'stroke-width': 1.5 }),
      element('rect', { ...box, fill: COLOURS[c.kind] ?? '#fff', stroke: '#2d3a47' }),
      text(left + 10, top + 19, c.name, BOLD),
      text(left + 10, top + 37, c.kind, GREY),
    ];
  });
  parts.push(...below.map((t, k) => text(MARGIN, y + LINE * k, t, { 'xml:space': 'preserve' })));
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width: Math.ceil(width),
    height: Math.ceil(y + LINE * below.length + MARGIN),
    'font-family': 'DejaVu Sans Mono, Menlo, Consolas, monospace',
    'font-size': 12,
  };
  const ground = element('rect', { width: '100%', height: '100%', fill: '#ffffff' });
  return writeXml(element('svg', attributes, [ground, ...wires, ...stems, ...dots, ...parts]));
}
