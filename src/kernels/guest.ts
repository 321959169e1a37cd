import { WIRE_MTU } from '../model/mtu.ts';
import type { Interface, LabNode } from '../model/node.ts';
import { mtuLine } from '../nodes/devices.ts';
import type { Module } from '../nodes/modules.ts';
import type { Cards } from './kernel.ts';

/**
 * What guest kernels have in common: a node's own kernel runs as a program in its container, with the cards vec1, vec2
 * and so on, one for each wire; vec0 is the management wire.
 */

/** The names of a guest's own devices, in the node and in its container. */
export const GUEST_DEVICES = /^(plug\d+|vec\d+|tap\d+|wire\d+|mgmt0)$/;

/**
 * Returns whether a node stacks devices on its cards, or watches their carrier. A guest's driver reports neither speed
 * nor carrier, without which LACP does not run: in such a node a veth pair is the card.
 */
export function isWhole(node: LabNode): boolean {
  return node.carrier || node.devices.some((d) => d.kind === 'bond' || d.kind === 'vlan' || d.kind === 'bridge');
}

/** Returns the far end of a card that is a veth pair: when set down, it takes away the card's carrier. */
function plug(index: number): string {
  return `plug${index}`;
}

/** Returns the device that takes away a card's carrier when it is set down; undefined if the card has none. */
export function carrierOf(node: LabNode, card: Interface): string | undefined {
  return isWhole(node) ? plug(node.interfaces.findIndex((i) => i.name === card.name) + 1) : undefined;
}

/** Returns a card of a node that stacks devices on it: frames from the driver are forwarded to the card, and back. */
function wholeCard(card: Interface, index: number): Cards {
  const [driver, far] = [`vec${index}`, plug(index)];
  const hand = (from: string, to: string) => [
    `qdisc replace dev ${from} clsact`,
    `filter add dev ${from} ingress prio 1 protocol all matchall action mirred egress redirect dev ${to}`,
  ];
  return {
    ip: [
      `link add ${card.name} address ${card.mac} type veth peer name ${far}`,
      ...[driver, far].map((d) => `link set ${d} addrgenmode none promisc on arp off up`),
      ...mtuLine({ ...card, name: far }),
    ],
    tc: [...hand(driver, far), ...hand(far, driver)],
    offload: [card.name, far],
  };
}

/** Returns the commands that create a guest's cards. */
export function guestCards(node: LabNode): Cards {
  const parts = node.interfaces.map((card, i) =>
    isWhole(node)
      ? wholeCard(card, i + 1)
      : {
          ip: [`link set vec${i + 1} name ${card.name} address ${card.mac}`],
          tc: [],
          // UML's driver cannot send what its own card has joined (GRO): forwarded, such a packet has zeros for data.
          offload: [card.name],
        },
  );
  return {
    ip: parts.flatMap((p) => p.ip),
    tc: parts.flatMap((p) => p.tc),
    offload: parts.flatMap((p) => p.offload),
  };
}

/**
 * Returns the files from which the image's boot.sh starts a guest: the script that becomes its kernel, the megabytes that
 * it may use, and how each card is attached to its wire, with the wire's MTU.
 */
export function guestFiles(
  node: LabNode,
  { script, megabytes, attached }: { script: string; megabytes: number; attached: 'raw' | 'tap' },
): Readonly<Record<string, string>> {
  return {
    '/lab/kernel': `${script} ${megabytes}\n`,
    '/lab/guest': node.interfaces.map((i) => `${attached} ${i.name} ${i.mtu ?? WIRE_MTU}\n`).join(''),
  };
}

/** Returns the line that loads a module with its dependencies and options. */
export function loadLine({ name, also, options }: Module): string {
  return also
    ? `modprobe -a ${[name, ...also].join(' ')}`
    : `modprobe ${name}${options === undefined ? '' : ` ${options}`}`;
}
