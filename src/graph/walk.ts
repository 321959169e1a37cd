import type { Promised } from '../checks/check.ts';
import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import {
  addressesOf,
  byMode,
  clientOf,
  domainOf,
  familyOf,
  linkTowards,
  lipsOf,
  nodeOf,
  vrrpOf,
} from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import { askingAddress } from '../model/way.ts';
import { wireOf } from '../modes/index.ts';
import type { Wire } from '../modes/mode.ts';
import { contains, endpoint, parseAddress, parseSubnet } from '../net/cidr.ts';
import { vipDevice } from '../nodes/realserver.ts';
import { promisesOf } from '../scenario/run.ts';
import { follow, type Hop, type Standing, type Way } from './route.ts';

/** A part of a packet's way on which its addresses stay the same. */
export interface Leg extends Way {
  readonly name: string;
  readonly way: 'there' | 'back';
  /** What the node at its start does with the packet, and why. */
  readonly does: string;
  /** The checks of the contract that prove it. */
  readonly proved: readonly Promised[];
}

/** How a packet travels to one real server and back, or from inside to outside and back. */
export interface Walk {
  readonly head: string;
  readonly legs: readonly Leg[];
  /** Other nodes to which the same applies. */
  readonly alike: readonly string[];
}

/** Returns how packets of a service travel to each of its real servers, once for each of its modes, in their order. */
export function walksByMode(
  lab: Lab,
  service: Service,
): readonly (readonly (Omit<Walk, 'alike'> & { readonly real: Real })[])[] {
  const promised = promisesOf(lab, { kind: 'contract', service: service.name });
  const standing = { active: activeOf(lab, service), vip: service.vip };
  return byMode(service).map((part) => part.reals.map((real) => walk(lab, part, real, { standing, promised })));
}

/** Returns how packets of a service travel, for each forwarding mode of its real servers. */
export function walksOf(lab: Lab, service: Service): readonly Walk[] {
  return walksByMode(lab, service).flatMap((ways) => {
    // Real servers that are reached alike are told once: by the nodes and the segments on the way.
    const shapes = new Map<string, typeof ways>();
    for (const way of ways) {
      const shape = JSON.stringify(way.legs.map((leg) => shapeOf(leg, way.real.node)));
      shapes.set(shape, [...(shapes.get(shape) ?? []), way]);
    }
    return [...shapes.values()].map(([first, ...rest]) => ({
      head: first?.head ?? '',
      legs: first?.legs ?? [],
      alike: rest.map(({ real }) => `${real.node} (${real.address})`),
    }));
  });
}

function shapeOf({ hops, open }: Leg, real: string) {
  const name = (node: string) => (node === real ? 'real' : node);
  return [hops.map((h) => [name(h.from.node), name(h.to.node), h.segment]), open === undefined];
}

/** Returns the director that takes packets for a service: the best of its VRRP instance, the first of its domain, or the only one. */
function activeOf(lab: Lab, service: Service): LabNode | undefined {
  const name = vrrpOf(lab, service.name)?.members[0]?.node ?? domainOf(lab, service.name)?.members[0];
  return name === undefined ? lab.nodes.find((n) => n.kind === 'director') : nodeOf(lab, name);
}

interface Known {
  readonly standing: Standing;
  readonly promised: readonly Promised[];
}

function walk(lab: Lab, service: Service, real: Real, { standing, promised }: Known) {
  const wire = wireOf(service);
  const client = clientOf(lab);
  const director = standing.active ?? client;
  const server = nodeOf(lab, real.node);
  const asking = askingAddress(client, service) ?? '';
  const own = addressTowards(director, real.address);
  const sources: Readonly<Record<Wire['source'], string>> = {
    client: asking,
    lip: lipsOf(director, service)[0]?.address ?? '',
    director: own,
  };
  const vip = endpoint(service.vip, service.port);
  const seen = wire.target === 'vip' ? vip : endpoint(real.address, real.port);
  const outer = wire.outer === 'none' ? {} : { outer: { kind: wire.outer, src: own, dst: real.address } };
  const of = (...ids: readonly string[]) =>
    promised.filter((p) => ids.map((id) => (id.startsWith('.') ? `${service.mode}${id}` : id)).includes(p.id));
  const local = server.name === director.name;

  const asked = follow(lab, standing, client, service.vip, { src: asking, dst: vip });
  const given = local
    ? { hops: [] }
    : follow(lab, { ...standing, vip: undefined }, director, real.address, {
        src: sources[wire.source],
        dst: seen,
        ...outer,
      });
  // A reply through the director ends at it, whatever address it is for.
  const back = sources[wire.back];
  const replied = local ? { hops: [] } : follow(lab, standing, server, back, { src: seen, dst: back });
  const cut = wire.reply === 'director' ? upTo(replied, director.name) : replied;
  const answered = follow(lab, standing, director, asking, { src: vip, dst: asking });
  const legs: Leg[] = [
    {
      ...strip(asked),
      name: 'request',
      way: 'there',
      does: `${client.name} asks ${vip}${holdWords(lab, service, director)}`,
      proved: of('vip.arp', 'ospf.nexthops', 'bgp.nexthops', 'ospf.spread', 'bgp.spread', 'service.answers'),
    },
    {
      ...strip(given),
      name: 'forwarded',
      way: 'there',
      does: local
        ? `${director.name} is itself the real server, and answers`
        : forwardWords(service, director, sources, wire),
      proved: of('.source', '.ttl', '.toa', '.uoa', '.once'),
    },
  ];
  if (!local)
    legs.push({
      ...strip(cut),
      name: 'reply',
      way: 'back',
      does: replyWords(service, server, real, wire, back),
      proved: of('.return', '.bypass', '.lip', ...(wire.reply === 'others' ? ['.reply'] : [])),
    });
  if (local || wire.reply === 'director')
    legs.push({
      ...strip(answered),
      name: 'answer',
      way: 'back',
      does: local ? `${director.name} answers under ${vip}` : restoreWords(director, vip, wire),
      proved: of('.reply'),
    });
  return { head: headOf(service, real), legs, real };
}

function headOf(service: Service, real: Real): string {
  return `${service.name}: ${service.protocol} ${endpoint(service.vip, service.port)}, ${service.mode}, to ${real.node}`;
}

function strip({ hops, open }: Way): Way {
  return { hops, ...(open === undefined ? {} : { open }) };
}

/** Returns a way up to its first hop to a node: what the node does with the packet is another leg. */
function upTo(way: Way, node: string): Way {
  const end = way.hops.findIndex((h: Hop) => h.to.node === node);
  return end < 0 ? way : { hops: way.hops.slice(0, end + 1) };
}

/** Returns the address from which a node sends to another one. */
function addressTowards(node: LabNode, to: string): string {
  const own = (linkTowards(node, to)?.addresses ?? []).map((a) => a.address);
  return [...own, ...addressesOf(node)].find((a) => familyOf(a) === familyOf(to)) ?? '';
}

function holdWords(lab: Lab, service: Service, director: LabNode): string {
  const vrrp = vrrpOf(lab, service.name);
  const domain = domainOf(lab, service.name);
  if (vrrp) return `, which ${director.name} holds as the master of ${vrrp.name}`;
  if (domain) return `, which ${domain.members.join(', ')} hold`;
  return `, which ${director.name} holds`;
}

/** Says what the director does with a packet, by what its mode says of the wire. */
function forwardWords(
  service: Service,
  director: LabNode,
  sources: Readonly<Record<Wire['source'], string>>,
  { source, target, outer }: Wire,
): string {
  const by = `${director.name} (${driverOf(director).name}, ${service.scheduler}) chooses a real server and `;
  if (outer !== 'none') return `${by}wraps the packet, unchanged, in another one to it`;
  if (target === 'vip') return `${by}changes only the MAC addresses of the frame`;
  const to = 'replaces the VIP by its address';
  if (source === 'client') return `${by}${to}; the client’s address stays`;
  const whose = source === 'lip' ? `its LIP ${sources.lip}` : `its own ${sources.director} (MASQUERADE)`;
  return `${by}${to}, and the client’s address by ${whose}`;
}

/** Says why a real server takes the packet, and to whom it replies. */
function replyWords(service: Service, server: LabNode, real: Real, { target, back, reply }: Wire, to: string): string {
  const device = vipDevice(service);
  const takes =
    target === 'vip'
      ? `${server.name} holds ${service.vip} on ${device} without announcing it, takes the packet`
      : `${server.name} listens on ${endpoint(real.address, real.port)}`;
  const whom = { client: `to the client, ${to}`, lip: `to the LIP, ${to}`, director: `to the director, ${to}` }[back];
  const why =
    reply === 'others'
      ? 'straight, under the VIP'
      : back === 'client'
        ? 'and must be routed through the director'
        : 'whose owner is the director';
  return `${takes} and replies ${whom}, ${why}`;
}

function restoreWords(director: LabNode, vip: string, { back }: Wire): string {
  const both = back === 'client' ? '' : ', and the client’s address as destination';
  return `${director.name} knows the connection, and puts back ${vip} as source${both}`;
}

/** Returns how packets of an SNAT rule travel. */
export function snatWalk(lab: Lab, rule: SnatRule): Walk {
  const promised = promisesOf(lab, { kind: 'snat', rule: rule.name });
  const of = (...ids: readonly string[]) => promised.filter((p) => ids.includes(p.id));
  const [inside, outside, director] = [rule.inside, rule.outside, rule.director].map((name) => nodeOf(lab, name));
  if (!inside || !outside || !director) return { head: rule.name, legs: [], alike: [] };
  const from = within(inside, rule.from);
  const to = addressesOf(outside).find((a) => familyOf(a) === familyOf(rule.to)) ?? '';
  const standing = { active: director, vip: undefined };
  const answers = rule.protocols.map((protocol) => `snat.${protocol}`);
  const leg = (name: string, does: string, way: Way, ids: readonly string[]): Leg => ({
    ...strip(way),
    name,
    way: name === 'reply' || name === 'answer' ? 'back' : 'there',
    does,
    proved: of(...ids),
  });
  const out = follow(lab, standing, inside, to, { src: from, dst: to });
  const back = follow(lab, standing, outside, rule.to, { src: to, dst: rule.to });
  return {
    head: `${rule.name}: ${rule.protocols.join(', ')} from ${rule.from}, snat`,
    alike: [],
    legs: [
      leg(
        'request',
        `${inside.name} asks ${outside.name}; its way leads over ${director.name}`,
        upTo(out, director.name),
        ['snat.out'],
      ),
      leg(
        'translated',
        `${director.name} replaces the source by ${rule.to}`,
        follow(lab, standing, director, to, { src: rule.to, dst: to }),
        ['snat.source'],
      ),
      leg('reply', `${outside.name} replies to ${rule.to}, which ${director.name} holds`, upTo(back, director.name), [
        'snat.return',
      ]),
      leg(
        'answer',
        `${director.name} knows the connection, and puts back ${from} as destination`,
        follow(lab, standing, director, from, { src: to, dst: from }),
        ['snat.return', ...answers],
      ),
    ],
  };
}

function within(node: LabNode, network: string): string {
  const subnet = parseSubnet(network);
  const found = addressesOf(node).find((a) => {
    const address = parseAddress(a);
    return subnet !== undefined && address !== undefined && contains(subnet, address);
  });
  return found ?? '';
}
