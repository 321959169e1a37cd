import type { Lab } from '../model/lab.ts';
import { askedPorts, macsOf, nodeOf } from '../model/lookup.ts';
import type { Real, Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import { arrivals, departures, opens, type Segment, sentByDirector, type Traffic } from './traffic.ts';

/** The packets of a stretch, and the directors that were active in it. */
type Seen = Pick<Traffic, 'packets' | 'directors'>;

/** Returns a key for a client's connection to a service, from a packet that the client sent. */
export function clientEnd(p: Pick<Segment, 'src' | 'srcPort'>): string {
  return endpoint(p.src, p.srcPort);
}

/** A connection that a director gave to itself, as one of its service's real servers. */
export interface Kept {
  /** The packet with which the client opened it. */
  readonly opening: Segment;
  readonly node: string;
}

/**
 * Returns what directors that are real servers of a service kept for themselves: what a client opened with them, and
 * they sent on to no other node. No packet on a wire tells more of it.
 */
export function kept(lab: Lab, service: Service, { packets, directors }: Seen): readonly Kept[] {
  const own = directors.filter((d) => service.reals.some((r) => r.node === d.name));
  return own.flatMap((d) => {
    const [to, from] = [macsOf(d, lab), macsOf(d)];
    const asked = packets.filter(
      (p): p is Segment =>
        opens(service, p) &&
        p.outer === undefined &&
        p.dst === service.vip &&
        askedPorts(service).includes(p.dstPort) &&
        to.includes(p.dstMac) &&
        !sentByDirector(lab, p, d),
    );
    const onward = new Set(
      packets.filter((p): p is Segment => opens(service, p) && from.includes(p.srcMac)).map(clientEnd),
    );
    return asked.filter((p) => !onward.has(clientEnd(p))).map((opening) => ({ opening, node: d.name }));
  });
}

/** Returns the real server that each connection of a service reached, by the client's end of the connection. */
export function reachedBy(lab: Lab, service: Service, seen: Seen): ReadonlyMap<string, string> {
  const nodes = service.reals.map((r) => nodeOf(lab, r.node));
  return new Map([
    ...kept(lab, service, seen).map(({ opening, node }) => [clientEnd(opening), node] as const),
    ...arrivals(lab, service, seen.packets).flatMap((p) => {
      const node = nodes.find((n) => macsOf(n).includes(p.dstMac));
      return node ? [[clientEnd(p), node.name] as const] : [];
    }),
  ]);
}

/** Returns whether a connection of a service arrived at a real server, or a director kept it as that server. */
export function isReached(lab: Lab, service: Service, seen: Seen, real: Real): boolean {
  const macs = macsOf(nodeOf(lab, real.node));
  return (
    arrivals(lab, service, seen.packets).some((p) => macs.includes(p.dstMac)) ||
    kept(lab, service, seen).some((k) => k.node === real.node)
  );
}

/** Returns the real servers that must get connections and got none. */
export function unreached(lab: Lab, service: Service, seen: Seen): readonly Real[] {
  return service.reals.filter((r) => r.weight > 0 && !isReached(lab, service, seen, r));
}

/**
 * Returns what real servers send to clients for a service. A director that is one of them sends the replies of the
 * connections that it has as a real server, and passes on those of others.
 */
export function replies(lab: Lab, service: Service, seen: Seen): readonly Segment[] {
  const all = departures(lab, service, seen.packets);
  const balancing = service.reals.map((r) => nodeOf(lab, r.node)).filter((n) => n.kind === 'director');
  if (balancing.length === 0) return all;
  const reached = reachedBy(lab, service, seen);
  return all.filter((p) => {
    const sender = balancing.find((n) => macsOf(n).includes(p.srcMac));
    return sender === undefined || reached.get(endpoint(p.dst, p.dstPort)) === sender.name;
  });
}

/**
 * Returns the part of traffic that belongs to connections which reached some of a service's real servers. A service with
 * several modes leaves the client's own address and port in its packets.
 */
export function trafficTo(lab: Lab, service: Service, t: Traffic, nodes: readonly string[]): Traffic {
  const reached = [...reachedBy(lab, service, t)].filter(([, node]) => nodes.includes(node));
  const clients = new Set(reached.map(([client]) => client));
  const packets = t.packets.filter(
    (p) =>
      p.kind === service.protocol &&
      (clients.has(endpoint(p.src, p.srcPort)) || clients.has(endpoint(p.dst, p.dstPort))),
  );
  return { ...t, packets, requests: t.requests.filter((r) => clients.has(endpoint(r.source, r.port))) };
}
