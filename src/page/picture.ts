import { graphOf } from '../graph/graph.ts';
import type { Lab } from '../model/lab.ts';
import type { Picture, PictureLabel, PictureStem } from './data.ts';
import { gridOf, type Place } from './grid.ts';
import { type Hop, waysOf } from './ways.ts';

/** Sizes in pixels: a character and a line of a label, and the spaces around boxes, labels and the whole. */
const CHAR = 7.3;
const LINE = 16;
const HEAD = 40;
const BOX_GAP = 26;
const LABEL_GAP = 12;
const MARGIN = 20;
const INSET = 18;
/** Greatest number of characters in a line of a box. */
const WRAP = 30;

/** A node of the picture, before it has its place. */
interface Draft {
  readonly place: Place;
  readonly lines: readonly PictureLabel[];
  readonly stems: readonly {
    readonly wire: number;
    readonly labels: readonly PictureLabel[];
    readonly width: number;
  }[];
  readonly width: number;
}

/** Returns the drawing of a lab: segments across, nodes in rows between them, and the ways of its packets. */
export function pictureOf(lab: Lab): Picture {
  const graph = graphOf(lab);
  const places = gridOf(lab);
  const drafts = graph.columns.map((column, c): Draft => {
    const lines = [...column.notes.flatMap((note) => wrapped(note)).map(labelOf)];
    const stems = graph.rows.flatMap((row, wire) => {
      const labels = row.ends[c] && [...new Set(row.ends[c])].map(labelOf);
      if (!labels) return [];
      return [{ wire, labels, width: INSET + Math.max(20, ...labels.map((l) => l.text.length * CHAR)) }];
    });
    const band = places[c]?.band ?? 0;
    const sum = (below: boolean) =>
      stems.filter((s) => s.wire >= band === below).reduce((total, s) => total + s.width, 0);
    const head = Math.max(column.name.length * 8.6, column.kind.length * CHAR) + 2 * INSET;
    const widest = Math.max(0, ...lines.map((l) => l.text.length * CHAR)) + 24;
    return {
      place: places[c] ?? { band: 0, column: 0 },
      lines,
      stems,
      width: Math.max(120, head, widest, sum(true), sum(false)),
    };
  });

  const left =
    MARGIN + Math.max(...graph.rows.flatMap((r) => [r.segment, ...r.subnets]).map((t) => t.length), 0) * CHAR + 20;
  const columns = Math.max(0, ...drafts.map((d) => d.place.column + 1));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...drafts.filter((d) => d.place.column === c).map((d) => d.width)),
  );
  const xs = widths.map((_, c) => left + widths.slice(0, c).reduce((sum, w) => sum + w + BOX_GAP, 0));

  // From the top: for each band the labels of stems upwards, boxes, labels of stems downwards, then its wire.
  const tall = (pick: (d: Draft) => number) => Math.max(0, ...drafts.map(pick));
  const ups: number[] = [];
  const boxes: number[] = [];
  const wires: number[] = [];
  let y = MARGIN;
  for (let band = 0; band <= graph.rows.length; band++) {
    const labels = (d: Draft, wire: number, above: boolean) =>
      Math.max(
        0,
        ...d.stems.filter((s) => s.wire === wire && s.wire >= d.place.band === above).map((s) => s.labels.length),
      );
    const up = tall((d) => labels(d, band - 1, false));
    const box = tall((d) => (d.place.band === band ? HEAD + d.lines.length * LINE + (d.lines.length > 0 ? 8 : 0) : 0));
    const down = tall((d) => labels(d, band, true));
    ups.push(y + LABEL_GAP);
    y += up > 0 ? up * LINE + 2 * LABEL_GAP : box > 0 && band > 0 ? 2 * LABEL_GAP : 0;
    boxes.push(y);
    y += box;
    if (band === graph.rows.length) break;
    y += down > 0 ? down * LINE + 2 * LABEL_GAP : 2 * LABEL_GAP;
    wires.push(y);
  }

  const pictured = drafts.map((draft, c) => {
    const { name, kind } = graph.columns[c] ?? { name: '', kind: '' };
    const x = xs[draft.place.column] ?? 0;
    const top = boxes[draft.place.band] ?? 0;
    const height = HEAD + draft.lines.length * LINE + (draft.lines.length > 0 ? 8 : 0);
    const offset = { up: x, down: x };
    const stems = draft.stems.map((s): PictureStem => {
      const side = s.wire >= draft.place.band ? 'down' : 'up';
      const at = offset[side] + INSET - 4;
      offset[side] += s.width;
      const wire = wires[s.wire] ?? 0;
      const labelTop = side === 'up' ? (ups[s.wire + 1] ?? 0) : wire - LABEL_GAP - s.labels.length * LINE;
      return {
        node: name,
        segment: graph.rows[s.wire]?.segment ?? '',
        x: at,
        from: side === 'up' ? top : top + height,
        to: wire,
        labels: s.labels,
        y: labelTop,
      };
    });
    return { box: { name, kind, x, y: top, width: draft.width, height, lines: draft.lines }, stems };
  });

  const stems = pictured.flatMap((p) => p.stems);
  const right = Math.max(left, ...pictured.map((p) => p.box.x + p.box.width));
  const centre = new Map(pictured.map((p) => [p.box.name, p.box.y + p.box.height / 2]));
  const points = (hops: readonly Hop[] = []) => hops.map((hop) => legOf(hop, stems, centre));
  const ways = waysOf(lab);
  return {
    width: right + MARGIN,
    height: y + MARGIN,
    wires: graph.rows.map((row, i) => ({
      name: row.segment,
      about: row.subnets,
      y: wires[i] ?? 0,
      from: left - 10,
      to: Math.max(left + 20, ...stems.filter((s) => s.segment === row.segment).map((s) => s.x + 20)),
    })),
    boxes: pictured.map((p) => p.box),
    stems,
    ways: graph.paths.map((path, i) => ({
      service: path.head.split('  ')[0] ?? '',
      ...path,
      requests: points(ways[i]?.requests),
      replies: points(ways[i]?.replies),
    })),
  };
}

/** Returns the points of a hop: out of the box of its first node, along the segment, into the box of the other. */
function legOf(
  { from, segment, to }: Hop,
  stems: readonly PictureStem[],
  centre: ReadonlyMap<string, number>,
): readonly (readonly [number, number])[] {
  const [a, b] = [from, to].map((node) => stems.find((s) => s.node === node && s.segment === segment));
  if (!a || !b) return [];
  return [
    [a.x, centre.get(from) ?? a.from],
    [a.x, a.to],
    [b.x, b.to],
    [b.x, centre.get(to) ?? b.from],
  ];
}

function labelOf(text: string): PictureLabel {
  if (text.startsWith('VIP ')) return { text, kind: 'vip' };
  if (text.startsWith('LIP ')) return { text, kind: 'lip' };
  return { text, kind: /^[\d:]|^[0-9a-f]+:/.test(text) ? 'address' : 'device' };
}

/** Breaks a long text at its blanks. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WRAP && word !== 'VIP' && word !== 'LIP')
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => line.replace(/,$/, ''));
}
