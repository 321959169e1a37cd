import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';

/** Where a node stands: band 0 is above the first segment, band 1 between the first and the second, and so on. */
export interface Place {
  readonly band: number;
  readonly column: number;
}

/**
 * Returns the places of a lab's nodes, in their order: each between the segments that it connects, in the first column
 * in which neither a node nor the stem of another one is in the way.
 */
export function gridOf(lab: Pick<Lab, 'segments' | 'nodes'>): readonly Place[] {
  const taken = new Map<number, Set<number>>();
  return lab.nodes.map((node) => {
    const wires = [...new Set(node.interfaces.map((i) => lab.segments.findIndex((s) => s.name === i.segment)))];
    const band = bandOf(node, wires);
    const [first, last] = [Math.min(band, ...wires.map((w) => w + 1)), Math.max(band, ...wires)];
    const bands = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    let column = 0;
    while (bands.some((b) => taken.get(column)?.has(b))) column++;
    const own = taken.get(column) ?? new Set();
    for (const b of bands) own.add(b);
    taken.set(column, own);
    return { band, column };
  });
}

function bandOf({ kind }: Pick<LabNode, 'kind'>, wires: readonly number[]): number {
  const [first = 0] = [...wires].sort((a, b) => a - b);
  if (wires.length > 1) return first + 1;
  return kind === 'realserver' ? first + 1 : first;
}
