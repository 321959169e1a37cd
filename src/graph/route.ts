import type { Lab } from '../model/lab.ts';
import {
  addressesOf,
  domainsIn,
  familyOf,
  type Link,
  linksOf,
  linkTo,
  linkTowards,
  nodeAt,
  routeTo,
  virtualMacs,
} from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { holdersOf } from '../model/way.ts';

/** Maximum number of hops that are followed. */
const MOST_HOPS = 16;

/** A packet by its addresses, with ports where they matter, and what it is wrapped in. */
export interface PacketWords {
  readonly src: string;
  readonly dst: string;
  readonly outer?: { readonly kind: string; readonly src: string; readonly dst: string };
}

/** One end of a hop: a node, its link there, and the MAC address of that link. */
export interface End {
  readonly node: string;
  readonly link: string;
  readonly mac: string;
}

/** A frame on one segment. */
export interface Hop {
  readonly from: End;
  readonly to: End;
  /** The segment on which the first node sends. */
  readonly segment: string;
  /** Nodes with a bridge that carries the frame to other segments, where the second node may be. */
  readonly bridged: readonly string[];
  readonly packet: PacketWords;
  /** Why it goes to that node. */
  readonly why: string;
}

/** A way through a lab: its hops, and what is not known of it. */
export interface Way {
  readonly hops: readonly Hop[];
  /** Why the way cannot be followed to its end, if so: the lab file does not say it. */
  readonly open?: string;
}

/** What a way is followed by, beside the routes of the lab file. */
export interface Standing {
  /** The node that holds an address now, where several may: the active director. */
  readonly active: LabNode | undefined;
  /** The VIP, which routers may know from a routing protocol only. */
  readonly vip: string | undefined;
}

/** Follows a packet through a lab, from a node to the one that holds the address `to`. */
export function follow(
  lab: Lab,
  standing: Standing,
  from: LabNode,
  to: string,
  packet: PacketWords,
): Way & { readonly end: LabNode } {
  const hops: Hop[] = [];
  let at = from;
  while (hops.length < MOST_HOPS) {
    if (holderOf(lab, standing, to, at)?.name === at.name) return { hops, end: at };
    const next = nextOf(lab, standing, at, to);
    if (!next)
      return {
        hops,
        end: at,
        open: `how ${at.name} reaches ${to} is not in the lab file, but perhaps in a setup script`,
      };
    const { link, node, address, why } = next;
    if ('remote' in link) {
      const outer = { kind: link.kind, src: link.local, dst: link.remote };
      const inside = follow(lab, { active: undefined, vip: undefined }, at, link.remote, { ...packet, outer });
      hops.push(
        ...inside.hops.map((hop, i) => (i === 0 ? { ...hop, why: `${why}, through ${link.name}; ${hop.why}` } : hop)),
      );
      if (inside.open !== undefined || inside.hops.length === 0)
        return { hops, end: inside.end, open: inside.open ?? '' };
      at = inside.end;
      continue;
    }
    const segment = segmentOf(at, link);
    const arriving = arrivingAt(node, segment, address);
    const mac = virtualMac(lab, address) ?? arriving?.mac ?? '';
    hops.push({
      from: { node: at.name, link: link.name, mac: link.mac },
      to: { node: node.name, link: arriving?.name ?? '', mac },
      segment,
      bridged: arriving && segmentOf(node, arriving) !== segment ? bridgesOn(lab, segment) : [],
      packet,
      why,
    });
    at = node;
  }
  return { hops, end: at, open: `the way to ${to} does not end: ${at.name} leads back` };
}

/** Returns the node that holds an address; where several may, the active director, else the first. */
export function holderOf(lab: Lab, { active, vip }: Standing, address: string, near: LabNode): LabNode | undefined {
  if (address === vip && active) return active;
  // A node's own address is its own, also where two subnets use the same one.
  if (addressesOf(near).includes(address)) return near;
  const lip = lab.nodes.find((n) => n.lips.some((l) => l.address === address));
  const outside = lab.snat.find((s) => s.to === address);
  const held = holdersOf(lab, address);
  const moved = held.length > 1 && active && held.some((n) => n.name === active.name) ? active : held[0];
  return nodeAt(lab, address) ?? lip ?? moved ?? lab.nodes.find((n) => n.name === outside?.director);
}

interface Next {
  readonly node: LabNode;
  readonly link: Link;
  /** The address of which the MAC address is used. */
  readonly address: string;
  readonly why: string;
}

function nextOf(lab: Lab, standing: Standing, at: LabNode, to: string): Next | undefined {
  const near = linkTo(at, to);
  const announced = near ? undefined : byProtocol(lab, standing, at, to);
  if (announced) return announced;
  const route = near ? undefined : routeTo(at, to);
  const link = near ?? linkTowards(at, to);
  if (!link) return undefined;
  const address = route?.via ?? to;
  const node = holderOf(lab, standing, address, at);
  if (!node || node.name === at.name) return undefined;
  const asks = familyOf(address) === 4 ? 'ARP' : 'neighbour discovery';
  const holds = 'remote' in link ? `${node.name} is at the other end` : `${node.name} answers ${asks} for ${address}`;
  const why = near
    ? `${to} is on its own subnet; ${holds}`
    : route?.via === undefined
      ? `its route to ${route?.to} leads onto ${link.name}; ${holds}`
      : `its route to ${route.to} leads over ${address}; ${holds}`;
  return { node, link, address, why };
}

/** Returns the next hop to a VIP on a router that learns it by a routing protocol. */
function byProtocol(lab: Lab, { active, vip }: Standing, at: LabNode, to: string): Next | undefined {
  if (to !== vip || !active) return undefined;
  const domain = domainsIn(lab).find((d) => d.routers.includes(at.name) && d.members.includes(active.name));
  if (!domain) return undefined;
  const shared = at.interfaces.find(
    (i) => domain.segments.includes(i.segment) && active.interfaces.some((o) => o.segment === i.segment),
  );
  const link = shared && linksOf(at).find((l) => l.addresses.length > 0 && segmentOf(at, l) === shared.segment);
  if (!link || !shared) return undefined;
  const family = familyOf(to);
  const theirs = arrivingAt(active, shared.segment, undefined);
  const address = theirs?.addresses.find((a) => familyOf(a.address) === family)?.address ?? '';
  const protocol = 'as' in domain ? 'BGP' : domain.family === 4 ? 'OSPF' : 'OSPFv3';
  const others = domain.members.filter((m) => m !== active.name);
  const one = others.length === 0 ? '' : `, one of ${domain.members.join(', ')} by its hash`;
  return { node: active, link, address, why: `${active.name} announces ${to} by ${protocol}${one}` };
}

/** Returns the segment that a link of a node leads to, through what it is built over; empty for a tunnel. */
export function segmentOf(node: LabNode, link: Link): string {
  if ('segment' in link) return link.segment;
  const below = 'over' in link ? linksOf(node).find((l) => l.name === link.over[0]) : undefined;
  return below ? segmentOf(node, below) : '';
}

/**
 * Returns the link of a node at which a frame for an address arrives: of those on the segment the one with its subnet, if
 * any; if the node is on no such segment, bridges lead to it, and the subnet alone tells.
 */
function arrivingAt(node: LabNode, segment: string, address: string | undefined): Link | undefined {
  const there = linksOf(node).filter((l) => segmentOf(node, l) === segment);
  const near = address === undefined ? undefined : linkTo({ ...node, ...split(node, there) }, address);
  const any = there.find((l) => l.addresses.length > 0) ?? there.at(-1);
  return near ?? any ?? (address === undefined ? undefined : linkTo(node, address));
}

/** Returns the nodes that bridge a segment to others. */
function bridgesOn(lab: Lab, segment: string): readonly string[] {
  return lab.nodes
    .filter((node) =>
      node.devices.some(
        (d) =>
          d.kind === 'bridge' && linksOf(node).some((l) => d.over.includes(l.name) && segmentOf(node, l) === segment),
      ),
    )
    .map((node) => node.name);
}

function split(node: LabNode, links: readonly Link[]): Pick<LabNode, 'interfaces' | 'devices'> {
  return {
    interfaces: node.interfaces.filter((i) => links.includes(i)),
    devices: node.devices.filter((d) => links.includes(d)),
  };
}

/** Returns the virtual MAC address of an address that VRRP moves, if its instance uses one. */
function virtualMac(lab: Lab, address: string): string | undefined {
  const instance = lab.vrrp.find((v) => v.vmac !== undefined && v.addresses.some((a) => a.address === address));
  return instance && virtualMacs(instance)[familyOf(address) === 4 ? 0 : 1];
}
