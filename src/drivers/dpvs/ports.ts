import type { Link } from '../../model/lookup.ts';
import { found, linksOf } from '../../model/lookup.ts';
import type { Device, LabNode } from '../../model/node.ts';

/** Returns the name that DPVS gives to a card: dpdk0 for eth0 (DPDK numbers ports in the order of its devices). */
export function portName(index: number): string {
  return `dpdk${index}`;
}

/** Returns the name of a link in DPVS: a port for a card; a bond, VLAN or tunnel has the name of the lab file. */
export function portOf(node: LabNode, { name }: Pick<Link, 'name'>): string {
  const index = node.interfaces.findIndex((card) => card.name === name);
  return index < 0 ? name : portName(index);
}

/** Returns the name of a port's KNI device, in the kernel. */
export function kniName(port: string): string {
  return `${port}.kni`;
}

/** A bond of a node. */
export type Bond = Extract<Device, { kind: 'bond' }>;

/** Returns the bonds of a node. */
export function bondsOf(node: LabNode): readonly Bond[] {
  return node.devices.filter((d): d is Bond => d.kind === 'bond');
}

/** Returns the ports that carry packets: every bond, and every card that is in none. */
export function openPorts(node: LabNode): readonly string[] {
  const slaves = bondsOf(node).flatMap((bond) => bond.over);
  const cards = node.interfaces.filter((card) => !slaves.includes(card.name)).map((card) => portOf(node, card));
  return [...cards, ...bondsOf(node).map((bond) => bond.name)];
}

/** Returns the name of the node's link that is this port in DPVS; the port's own name if it is none of them. */
export function linkOfPort(node: LabNode, port: string): string {
  return linksOf(node).find((link) => portOf(node, link) === port)?.name ?? port;
}

/** Returns the port of a node's link that has an address in a segment, by the link's name. */
export function portNamed(node: LabNode, name: string): string {
  return portOf(
    node,
    found(
      linksOf(node).find((l) => l.name === name),
      `link ${name} of ${node.name}`,
    ),
  );
}
