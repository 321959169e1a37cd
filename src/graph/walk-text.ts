import stringWidth from 'string-width';
import { padded } from '../output/print.ts';
import { mapStrings, visibleLine } from '../visible.ts';
import type { End, Hop, PacketWords } from './route.ts';
import type { Walk } from './walk.ts';

/** Returns a packet's way for a terminal: a picture with an arrow for each hop, and below it each hop in words. */
export function walkText(raw: Walk): string {
  const walk = mapStrings(raw, visibleLine);
  const alike = walk.alike.length > 0 ? [`  the same to ${walk.alike.join(', ')}`] : [];
  return [walk.head, ...alike, '', ...picture(walk), '', ...words(walk)].join('\n');
}

/** Returns the packet as `src → dst`, with what it is wrapped in. */
function packetText({ src, dst, outer }: PacketWords): string {
  return `${src} → ${dst}${outer ? `, in ${outer.kind} ${outer.src} → ${outer.dst}` : ''}`;
}

/** Draws nodes as columns, in the order in which the packet comes to them, and each hop as an arrow. */
function picture({ legs }: Walk): readonly string[] {
  const hops = legs.flatMap((leg) => leg.hops);
  const nodes = [...new Set(hops.flatMap((h) => [h.from.node, h.to.node]))];
  const widths = nodes.map((name) => Math.max(stringWidth(name), 8) + 4);
  const starts = widths.map((_, i) => widths.slice(0, i).reduce((sum, w) => sum + w, 0));
  const line = nodes.map((name, i) => padded(name, widths[i] ?? 0)).join('');
  return [
    line.trimEnd(),
    ...hops.map((hop, i) => `${arrow(hop, i + 1, nodes, starts, widths)}  ${packetText(hop.packet)}`),
  ];
}

function arrow(
  hop: Hop,
  number: number,
  nodes: readonly string[],
  starts: readonly number[],
  widths: readonly number[],
): string {
  const [from, to] = [hop.from.node, hop.to.node].map((name) => starts[nodes.indexOf(name)] ?? 0) as [number, number];
  const cells: string[] = Array.from({ length: widths.reduce((sum, w) => sum + w, 0) }, (_, i) =>
    starts.includes(i) ? '│' : ' ',
  );
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  for (let i = left + 1; i < right; i++) cells[i] = starts.includes(i) ? '┼' : '─';
  const label = ` ${number} `;
  const at = left + Math.max(1, Math.floor((right - left - label.length) / 2));
  for (const [i, c] of [...label].entries()) cells[at + i] = c;
  if (to > from) cells[right - 1] = '▶';
  else cells[left + 1] = '◀';
  return cells.join('');
}

function words({ legs }: Walk): readonly string[] {
  let number = 0;
  return legs.flatMap((leg) => [
    `${leg.name}: ${leg.does}`,
    ...leg.hops.flatMap((hop) => {
      number += 1;
      const bridged = hop.bridged.length > 0 ? `, bridged by ${hop.bridged.join(', ')}` : '';
      const where = ` on ${hop.segment}${bridged}`;
      return [
        `  ${number}  ${endText(hop.from)} → ${endText(hop.to)}${where}`,
        `     packet  ${packetText(hop.packet)}`,
        `     why     ${hop.why}`,
      ];
    }),
    ...(leg.open === undefined ? [] : [`     ${leg.open}`]),
    ...(leg.proved.length === 0 ? ['     proved by no check of the contract'] : []),
    ...leg.proved.map(({ id, promised }) => `     proved by ${id}: ${promised}`),
    '',
  ]);
}

function endText({ node, link, mac }: End): string {
  return `${node} ${[link, mac === '' ? '' : `(${mac})`].filter((t) => t !== '').join(' ')}`.trimEnd();
}
