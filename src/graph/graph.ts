import type { Lab } from '../model/lab.ts';
import { byMode, directors, linkTo } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { gatewaysOf } from '../model/way.ts';
import { wireOf } from '../modes/index.ts';
import { endpoint } from '../net/cidr.ts';
import { vipDevice } from '../nodes/realserver.ts';

/**
 * A lab as a picture: nodes are columns, segments are rows, and each crossing shows the node's addresses on the
 * segment.
 */
export interface Graph {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** The path of each service's packets, in words. */
  readonly paths: readonly Path[];
}

export interface Column {
  readonly name: string;
  readonly kind: string;
  /** Its devices, and its addresses that are on no segment. */
  readonly notes: readonly string[];
}

export interface Row {
  readonly segment: string;
  readonly subnets: readonly string[];
  /** The addresses of each column on the segment; undefined if the node is not on it. */
  readonly ends: readonly (readonly string[] | undefined)[];
}

export interface Path {
  readonly head: string;
  readonly request: string;
  readonly reply: string;
}

/** Returns the picture of a lab. */
export function graphOf(lab: Lab): Graph {
  return {
    title: lab.source === '' ? lab.name : `${lab.name}: ${lab.source}`,
    columns: lab.nodes.map((n) => ({ name: n.name, kind: n.kind, notes: notes(lab, n) })),
    rows: lab.segments.map((s) => ({
      segment: s.name,
      subnets: [...s.subnets, ...(s.mtu === undefined ? [] : [`MTU ${s.mtu}`])],
      ends: lab.nodes.map((n) => ends(lab, n, s.name)),
    })),
    paths: [...lab.services.flatMap(byMode).map((s) => path(lab, s)), ...lab.snat.map(snatPath)],
  };
}

function ends(lab: Lab, node: LabNode, segment: string): readonly string[] | undefined {
  const cards = node.interfaces.filter((i) => i.segment === segment);
  if (cards.length === 0) return undefined;
  return cards.flatMap((card) => [
    ...card.addresses.map((a) => a.address),
    ...vips(lab, node, card.name).map((vip) => `VIP ${vip}`),
    ...node.lips.filter((l) => l.interface === card.name).map((l) => `LIP ${l.address}`),
    ...node.devices.filter((d) => 'over' in d && d.over.includes(card.name)).map((d) => d.name),
  ]);
}

/** Returns the VIPs that a director holds, or may take over, on a link. */
function vips(lab: Lab, node: LabNode, link: string): readonly string[] {
  if (node.kind !== 'director') return [];
  return [...new Set(lab.services.filter((s) => (linkTo(node, s.vip)?.name ?? 'lo') === link).map((s) => s.vip))];
}

function notes(lab: Lab, node: LabNode): readonly string[] {
  const devices = node.devices.map((d) => {
    const below = 'over' in d ? `over ${d.over.join(', ')}` : `${d.local} to ${d.remote}`;
    const own = [
      ...d.addresses.map((a) => a.address),
      ...vips(lab, node, d.name).map((vip) => `VIP ${vip}`),
      ...node.lips.filter((l) => l.interface === d.name).map((l) => `LIP ${l.address}`),
    ];
    return `${d.name} (${d.kind} ${below})${own.length > 0 ? ` ${own.join(', ')}` : ''}`;
  });
  const silent = lab.services
    .flatMap(byMode)
    .filter((s) => s.reals.some((r) => r.node === node.name))
    .flatMap((s) => {
      const device = vipDevice(s);
      return device === undefined ? [] : [`VIP ${s.vip} on ${device}`];
    });
  return [...devices, ...vips(lab, node, 'lo').map((vip) => `VIP ${vip} on lo`), ...new Set(silent)];
}

function path(lab: Lab, service: Service): Path {
  const balancers = directors(lab)
    .map((d) => d.name)
    .join(' or ');
  const { entry } = service;
  const port = entry?.kind === 'ports' ? '*' : service.port;
  const reals = service.reals
    .map((r) => `${r.node} ${endpoint(r.address, entry?.kind === 'ports' ? port : r.port)}`)
    .join(', ');
  const names = service.reals.map((r) => r.node).join(', ');
  const client = lab.nodes.find((n) => n.kind === 'client')?.name ?? 'client';
  const vip = `${endpoint(service.vip, port)}${entry?.kind === 'mark' ? `, mark ${entry.mark}` : ''}`;
  const lips = [...new Set(directors(lab).flatMap((d) => d.lips.map((l) => l.address)))].join(', ');
  const { source, target, outer, reply } = wireOf(service);
  const whole =
    target === 'vip'
      ? `${names}, still to ${service.vip}`
      : `${reals}, from ${source === 'lip' ? `LIP ${lips}` : source === 'director' ? balancers : 'the client'}`;
  return {
    head: `${service.name}  ${service.protocol} ${vip}  ${service.mode}, ${service.scheduler}`,
    request: `${client} → ${balancers} → ${whole}${outer === 'none' ? '' : ', inside IPIP'}`,
    reply: reply === 'director' ? `${names} → ${balancers} → ${client}` : replyWords(lab, service, client),
  };
}

/** Returns the ways of replies that leave real servers under the VIP: straight, or over the director that is a gateway. */
function replyWords(lab: Lab, service: Service, client: string): string {
  const ways = new Map<string, string[]>();
  for (const { node } of service.reals) {
    const over = gatewaysOf(lab, service, node).join(' or ');
    ways.set(over, [...(ways.get(over) ?? []), node]);
  }
  const words = [...ways].map(([over, names]) => `${names.join(', ')}${over === '' ? '' : ` → ${over}`} → ${client}`);
  return `${words.join('; ')}, from ${service.vip}`;
}

function snatPath(rule: Lab['snat'][number]): Path {
  return {
    head: `${rule.name}  ${rule.protocols.join(', ')} from ${rule.from}  snat`,
    request: `${rule.inside} → ${rule.director} → ${rule.outside}, from ${rule.to}`,
    reply: `${rule.outside} → ${rule.director} → ${rule.inside}`,
  };
}
