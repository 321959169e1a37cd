import { segmentOf, type Hop as Walked } from '../graph/route.ts';
import { type Leg, snatWalk, walksByMode } from '../graph/walk.ts';
import type { Lab } from '../model/lab.ts';
import { linksOf, nodeOf } from '../model/lookup.ts';

/** A hop of a way: from a node over a segment to the next one. */
export interface Hop {
  readonly from: string;
  readonly segment: string;
  readonly to: string;
}

/** The hops of a service's packets, each once, to all real servers and back. */
export interface Ways {
  readonly requests: readonly Hop[];
  readonly replies: readonly Hop[];
}

/** Returns the ways of a lab's services, once for each mode, and of its SNAT rules, in the order of `graphOf`. */
export function waysOf(lab: Lab): readonly Ways[] {
  const services = lab.services.flatMap((s) => walksByMode(lab, s)).map((walks) => walks.flatMap((w) => w.legs));
  const rules = lab.snat.map((rule) => snatWalk(lab, rule).legs);
  return [...services, ...rules].map((legs) => ({
    requests: hopsOf(lab, legs, 'there'),
    replies: hopsOf(lab, legs, 'back'),
  }));
}

function hopsOf(lab: Lab, legs: readonly Leg[], way: Leg['way']): readonly Hop[] {
  const hops = legs.filter((leg) => leg.way === way).flatMap((leg) => leg.hops.flatMap((hop) => drawn(lab, hop)));
  return [...new Map(hops.map((hop) => [JSON.stringify(hop), hop])).values()];
}

/** Returns the wires of a hop: one, or two if a bridge carries the frame from one to the other. */
function drawn(lab: Lab, { from, to, segment, bridged }: Walked): readonly Hop[] {
  const [bridge] = bridged;
  const node = nodeOf(lab, to.node);
  const link = linksOf(node).find((l) => l.name === to.link);
  const into = link ? segmentOf(node, link) : segment;
  if (bridge === undefined || into === segment) return [{ from: from.node, segment, to: to.node }];
  return [
    { from: from.node, segment, to: bridge },
    { from: bridge, segment: into, to: to.node },
  ];
}
