import type { ClientOption } from '../drivers/driver.ts';
import { driversOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import { macsOf, nodeOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet, TcpPacket } from '../net/packet.ts';
import type { CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';
import { judged, pcap } from './path.ts';
import { arrivals, REQUESTS, type Segment, type Traffic } from './traffic.ts';

/** What a kind of option is called, where it stands, and what carries it. */
const WORDS: Readonly<Record<ClientOption, { name: string; whose: string; where: string }>> = {
  toa: { name: 'TOA', whose: 'connection', where: 'on the ACK of its handshake or on its first data' },
  uoa: { name: 'UOA', whose: 'exchange of datagrams', where: 'on its first datagram' },
};

/** Returns the option that all directors of a lab write for a service, if they agree on one. */
export function clientOptionOf(lab: Lab, service: Service): ClientOption | undefined {
  const [first, ...others] = new Set(driversOf(lab).map((d) => d.clientOption(service)));
  return others.length === 0 ? first : undefined;
}

/** A connection, or an exchange of datagrams, that arrived at a real server. */
interface Arrived {
  readonly from: string;
  readonly to: string;
  readonly node: string;
  /** The clients that its options name. */
  readonly named: readonly string[];
  /** The packet that carries the option, or must. */
  readonly packet: Segment;
}

/** Returns what tells a connection from others on the wire: both ends, and a TCP connection's first number. */
function keyOf(p: Segment): string {
  return `${endpoint(p.src, p.srcPort)} ${endpoint(p.dst, p.dstPort)} ${p.kind === 'tcp' ? p.seq : ''}`;
}

/** Returns everything that arrived at real servers for a service, with what its option says where it must stand. */
function arrived(lab: Lab, service: Service, t: Traffic): readonly Arrived[] {
  const inOrder = [...t.packets].sort((a, b) => a.at - b.at);
  const opening = new Map<string, Segment>();
  for (const p of arrivals(lab, service, inOrder)) if (!opening.has(keyOf(p))) opening.set(keyOf(p), p);
  return [...opening.values()].map((first) => {
    const node = service.reals.map((r) => nodeOf(lab, r.node)).find((n) => macsOf(n).includes(first.dstMac));
    const macs = node ? macsOf(node) : [];
    const carrying =
      first.kind === 'tcp'
        ? inOrder.filter((p): p is Segment => macs.includes(p.dstMac) && follows(first, p))
        : [first];
    const named = carrying.flatMap((p) => (p.kind === 'tcp' ? p.toa : p.kind === 'udp' ? p.uoa : undefined) ?? []);
    return {
      from: endpoint(first.src, first.srcPort),
      to: endpoint(first.dst, first.dstPort),
      node: node?.name ?? first.dstMac,
      named: [...new Set(named.map((c) => endpoint(c.address, c.port)))],
      packet: carrying.find((p) => (p.kind === 'tcp' && p.toa) || (p.kind === 'udp' && p.uoa)) ?? carrying[0] ?? first,
    };
  });
}

/** Returns whether a packet is the ACK of a connection's handshake, or its first data: their number follows the SYN's. */
function follows(syn: TcpPacket, p: Packet): boolean {
  return (
    p.kind === 'tcp' &&
    !p.syn &&
    p.at >= syn.at &&
    p.seq === (syn.seq + 1) % 2 ** 32 &&
    endpoint(p.src, p.srcPort) === endpoint(syn.src, syn.srcPort) &&
    endpoint(p.dst, p.dstPort) === endpoint(syn.dst, syn.dstPort)
  );
}

/**
 * Checks that a director which hides its clients tells each of them to the real server: everything that arrives there
 * carries the option, with the client's own address and port. A connection is a certain client's where the real server
 * names it in its answer; otherwise any client's, but no other connection names the same one. Where real servers read the
 * option, they must have read this client, too.
 */
export function clientOptionCheck(
  lab: Lab,
  service: Service,
  traffic: () => Promise<Traffic>,
  option: ClientOption,
): CheckSpec {
  const { name, whose, where } = WORDS[option];
  return judged(
    `${service.mode}.${option}`,
    service,
    `every ${whose} that arrives at a real server carries the client’s own address and port in ${name}, ${where}`,
    traffic,
    (_bed, t) => {
      const own = (r: Traffic['requests'][number]) => endpoint(r.source, r.port);
      const all = arrived(lab, service, t);
      const clients = (a: Arrived) => {
        const its = t.requests.filter((r) => r.seenClient === a.from && r.asked === a.to);
        return (its.length > 0 ? its : t.requests).map(own);
      };
      const times = (client: string) => all.filter((a) => a.named.includes(client)).length;
      const lacking = all.filter((a) => a.named.length === 0);
      const wrong = all.filter((a) => {
        const expected = clients(a);
        return a.named.some((c) => !expected.includes(c) || times(c) > 1) || a.named.length > 1;
      });
      const read = t.requests.filter((r) => r.toldClient !== '');
      const misread = read.filter((r) => r.toldClient !== own(r));
      const right = all.length - lacking.length - wrong.length;
      return {
        ok: all.length > 0 && right === all.length && misread.length === 0,
        seen: [
          `${right} of ${all.length} name their client`,
          ...listed('without the option', lacking, (a) => `${a.from} at ${a.node}`),
          ...listed('with another client', wrong, (a) => `${a.from} at ${a.node} (${a.named.join(', ')})`),
          ...(read.length > 0
            ? [`read by real servers in ${read.length - misread.length} of ${read.length} answers`]
            : []),
          ...listed('misread', misread, (r) => `${own(r)} by ${r.server} (${r.toldClient})`),
        ].join('; '),
        evidence: [...pcap(arrivals(lab, service, t.packets), lab, service), ...t.evidence],
        frames: framesOf(
          all.map((a) => a.packet),
          [...lacking, ...wrong].map((a) => a.packet),
        ),
      };
    },
  );
}

/** Returns a list of what is wrong, if anything is: the first of it by name, the rest by number. */
function listed<T>(what: string, all: readonly T[], words: (one: T) => string): readonly string[] {
  if (all.length === 0) return [];
  const more = all.length > REQUESTS ? ` and ${all.length - REQUESTS} more` : '';
  return [`${what}: ${all.slice(0, REQUESTS).map(words).join(', ')}${more}`];
}
