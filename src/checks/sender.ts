import { linksOf, macsOf, virtualMacs } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { linkLocalOf } from '../net/cidr.ts';
import type { Packet, VrrpPacket } from '../net/packet.ts';

/**
 * Returns whether a director sent an advert. Behind a virtual MAC address, which every master of the instance has, the
 * source address of the advert tells: it is one of the director's own, in IPv6 the link-local one of its card.
 */
export function sends(vrrp: VrrpInstance, node: LabNode, p: VrrpPacket): boolean {
  if (macsOf(node).includes(p.srcMac)) return true;
  if (!virtualMacs(vrrp).includes(p.srcMac)) return false;
  return linksOf(node).some(
    (l) => l.addresses.some(({ address }) => address === p.src) || linkLocalOf(l.mac) === p.src,
  );
}

/**
 * Returns whether a frame is from a director, under its own MAC address, or under the virtual one of an instance while it
 * is the instance's master: then the advert before it is the director's, or, if there is none, the first one after it.
 */
export function isFrom(vrrp: VrrpInstance, node: LabNode, p: Packet, packets: readonly Packet[]): boolean {
  if (macsOf(node).includes(p.srcMac)) return true;
  if (!virtualMacs(vrrp).includes(p.srcMac)) return false;
  const adverts = packets.filter(
    (a): a is VrrpPacket => a.kind === 'vrrp' && a.id === vrrp.id && a.segment === vrrp.segment && a.priority > 0,
  );
  const nearest = adverts.findLast((a) => a.at <= p.at) ?? adverts.find((a) => a.at > p.at);
  return nearest !== undefined && sends(vrrp, node, nearest);
}
