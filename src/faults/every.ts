import { partOf } from '../layout/part-of.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { FaultKind } from '../model/words.ts';
import { faults } from './index.ts';
import { parseFault } from './parse.ts';

/** Returns the programs that the lab starts on a node. */
export function programsOn(lab: Lab, node: LabNode): readonly string[] {
  return Object.keys(partOf(lab, node).programs);
}

/** Returns every fault of a kind that a lab can have: the parser of faults says which are valid. */
export function faultsOfKind(lab: Lab, kind: FaultKind): readonly string[] {
  const { amount } = faults[kind];
  const vips = amount && amount.standard === undefined ? [...new Set(lab.services.map((s) => s.vip))] : [];
  return lab.nodes
    .flatMap((node) => aimsAt(lab, node))
    .flatMap((aim) => [`${kind}:${aim}`, ...vips.map((vip) => `${kind}:${aim}=${vip}`)])
    .filter((text) => parseFault(text, lab).ok);
}

/** Returns every fault that a lab can have. */
export function everyFault(lab: Lab): readonly string[] {
  return (Object.keys(faults) as FaultKind[]).flatMap((kind) => faultsOfKind(lab, kind));
}

/** Returns everything at which a fault of a node may be aimed. */
function aimsAt(lab: Lab, node: LabNode): readonly string[] {
  const segments = [...new Set(node.interfaces.map((i) => i.segment))];
  return [
    node.name,
    ...programsOn(lab, node).map((program) => `${node.name}/${program}`),
    ...segments.map((segment) => `${node.name}@${segment}`),
    ...lab.nodes.filter((n) => n.kind === 'director' && n !== node).map((n) => `${node.name}+${n.name}`),
  ];
}
