import { ipvs } from '../drivers/ipvs.ts';
import type { Lab, LabNode } from '../lab/model.ts';
import { unreachable } from '../result.ts';
import { type NodePart, nothing } from './part.ts';
import { realserver } from './realserver.ts';

/** What a node needs beyond its own addresses, by its kind. */
export function partOf(lab: Lab, node: LabNode): NodePart {
  switch (node.kind) {
    case 'client':
      return nothing;
    case 'director':
      return ipvs.director(lab, node);
    case 'realserver':
      return realserver(lab, node);
    default:
      return unreachable(node.kind);
  }
}
