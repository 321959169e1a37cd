import type { Lab } from '../model/lab.ts';
import { directors, familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';

/**
 * Returns the router ID of a node: a director's LIP, as in the tutorial, else one of its own IPv4 addresses, else its
 * place among the lab's nodes. No two nodes of a lab have the same.
 */
export function routerId(lab: Lab, node: LabNode): string {
  const own = node.interfaces.flatMap((i) => i.addresses.map((a) => a.address)).find((a) => familyOf(a) === 4);
  const lip = directors(lab).includes(node) ? node.lips.find((l) => familyOf(l.address) === 4)?.address : undefined;
  const place = lab.nodes.indexOf(node) + 1;
  return lip ?? own ?? `0.0.${place >> 8}.${place & 255}`;
}
