import stringWidth from 'string-width';
import { padded } from '../output/print.ts';
import { mapStrings, visibleLine } from '../visible.ts';
import type { Graph } from './graph.ts';

/** Number of blanks between two columns. */
const GAP = 3;

/** Returns a lab's picture for a terminal: segments as lines across, nodes hanging on them. */
export function graphText(raw: Graph): string {
  const graph = mapStrings(raw, visibleLine);
  const { columns, rows } = graph;
  const left = Math.max(...rows.flatMap((r) => [r.segment, ...r.subnets].map((t) => stringWidth(t)))) + 2;
  const widths = columns.map((c, i) =>
    Math.max(
      stringWidth(c.name),
      stringWidth(c.kind),
      ...rows.flatMap((r) => (r.ends[i] ?? []).map((t) => stringWidth(t) + 2)),
    ),
  );
  const last = columns.map((_, i) => rows.findLastIndex((r) => r.ends[i] !== undefined));
  const line = (head: string, cells: readonly string[], fill = ' ') =>
    `${padded(head, left, fill)}${cells.map((c, i) => padded(c, (widths[i] ?? 0) + GAP, fill)).join('')}`.trimEnd();
  const out = [
    graph.title,
    '',
    line(
      '',
      columns.map((c) => c.name),
    ),
    line(
      '',
      columns.map((c) => c.kind),
    ),
    line(
      '',
      columns.map(() => '│'),
    ),
  ];
  rows.forEach((row, r) => {
    const wire = columns.map((_, i) => (row.ends[i] ? '●' : (last[i] ?? -1) > r ? '┼' : '─'));
    out.push(line(`${row.segment} `, wire, '─'));
    const height = Math.max(row.subnets.length, ...row.ends.map((e) => e?.length ?? 0), 1);
    for (let k = 0; k < height; k++) {
      const cells = columns.map((_, i) => {
        const on = (last[i] ?? -1) > r ? '│' : ' ';
        const text = row.ends[i]?.[k];
        return text === undefined ? on : `${on} ${text}`;
      });
      out.push(line(row.subnets[k] ?? '', cells));
    }
  });
  const noted = columns.filter((c) => c.notes.length > 0);
  if (noted.length > 0) out.push('', ...noted.flatMap((c) => c.notes.map((n) => `${c.name}: ${n}`)));
  for (const p of graph.paths) out.push('', p.head, `  request  ${p.request}`, `  reply    ${p.reply}`);
  return out.join('\n');
}
