import type { Lab } from './lab.ts';
import type { Interface, LabNode } from './node.ts';

/** Bytes of the largest IP packet on an Ethernet wire, unless a lab says otherwise (RFC 894). */
export const WIRE_MTU = 1500;
/** The smallest MTU of a link that carries IPv6 (RFC 8200 §5). */
export const LEAST_MTU_6 = 1280;

/** Returns the MTU of a segment. */
export function segmentMtu(lab: Pick<Lab, 'segments'>, name: string): number {
  return lab.segments.find((s) => s.name === name)?.mtu ?? WIRE_MTU;
}

/** Returns the MTU of a card: a bond that it is part of may set a smaller one. */
export function cardMtu(node: Pick<LabNode, 'devices'>, card: Interface): number {
  const bond = node.devices.find((d) => d.kind === 'bond' && d.over.includes(card.name));
  return bond?.mtu ?? card.mtu ?? WIRE_MTU;
}

/** Returns whether a lab gives a segment, a card or a device an MTU of its own: then the path MTU of its services matters. */
export function hasMtus(lab: Pick<Lab, 'segments' | 'nodes'>): boolean {
  return (
    lab.segments.some((s) => s.mtu !== undefined) ||
    lab.nodes.some((n) => [...n.interfaces, ...n.devices].some((l) => l.mtu !== undefined))
  );
}
