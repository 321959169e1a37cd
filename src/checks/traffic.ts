import { z } from 'zod';
import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, askedPorts, clientOf, directors, macsOf, nodeOf, servedPorts } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet, SctpPacket, TcpPacket, UdpPacket } from '../net/packet.ts';
import { readSaid } from '../said.ts';
import type { Bed } from './bed.ts';

/** One request of a client, as reported by the client and the real server (images/node/src/ask.c). */
export interface Request {
  /** HTTP status; 200 for the answer to a datagram; 0 if there was no answer. */
  readonly status: number;
  /** The client's port and address. */
  readonly port: number;
  readonly source: string;
  readonly ms: number;
  /** Size of the answer in bytes. */
  readonly bytes: number;
  /** Number of bytes of the request that were never acknowledged. */
  readonly unsent: number;
  /** The real server that answered, as named in its answer; empty if the answer does not name it. */
  readonly server: string;
  /** The client that the real server saw, and the address at which it was reached. */
  readonly seenClient: string;
  readonly asked: string;
  /**
   * The client that TOA or UOA told the real server, if that reads them: `none` if neither was there. Empty if it does
   * not read them.
   */
  readonly toldClient: string;
}

/** Requests sent one after the other under the same conditions. */
export interface Stretch {
  /** Those conditions, in words. */
  readonly words: string;
  readonly requests: readonly Request[];
}

/** Stretches of requests to a service, with the packets on the wires during them. */
export interface Traffic {
  /** All requests, and the same by stretches: the first stretch is the client's own, with unchanged tables. */
  readonly requests: readonly Request[];
  readonly stretches: readonly [Stretch, ...Stretch[]];
  readonly packets: readonly Packet[];
  /** The active directors at the time: one, unless all announce the VIP. */
  readonly directors: readonly LabNode[];
  readonly client: LabNode;
  /** The addresses from which the client sent requests. */
  readonly sources: readonly string[];
  readonly evidence: readonly string[];
}

/** A packet with ports. */
export type Segment = TcpPacket | UdpPacket | SctpPacket;

/** Number of requests in one stretch: even, and enough to distinguish alternation from chance. */
export const REQUESTS = 20;
/** Milliseconds for one request; three failures end the stretch. */
const REQUEST_TIMEOUT_MS = 2000;

/** Options of a stretch that differ from a plain one. */
export interface Asking {
  readonly count?: number;
  /** Client addresses that are used in turn. */
  readonly sources?: readonly string[];
  /** The port to ask, if not the service's. */
  readonly to?: number;
  /** Path of an HTTP request. */
  readonly path?: string;
  /** Number of bytes to post. */
  readonly post?: number;
  /** Keep every connection open until stdin ends. */
  readonly hold?: boolean;
  /** Send all datagrams from one port; else each from a new one. */
  readonly onePort?: boolean;
  /** Milliseconds for one request. */
  readonly timeout?: number;
}

/** Returns the command line of `ask` for a service. */
export function askCommand(service: Service, asking: Asking): readonly string[] {
  return [
    'ask',
    ...appOf(service).asked.ask,
    ...(asking.hold ? ['-k'] : []),
    ...(asking.onePort ? ['-o'] : []),
    ...['-n', String(asking.count ?? REQUESTS), '-t', String(asking.timeout ?? REQUEST_TIMEOUT_MS)],
    ...(asking.sources ?? []).flatMap((s) => ['-s', s]),
    ...(asking.path === undefined ? [] : ['-g', asking.path]),
    ...(asking.post === undefined ? [] : ['-b', String(asking.post)]),
    service.vip,
    String(asking.to ?? service.port),
  ];
}

/** Sends requests to a service from the client and returns the answers. */
export async function ask(bed: Bed, service: Service, asking: Asking): Promise<readonly Request[]> {
  return parseRequests(await bed.run(bed.client.name, askCommand(service, asking)));
}

/**
 * Sends requests to the service from the client, one connection after the other, and collects the packets on the wires.
 * `words` describes the conditions.
 */
export async function drive(
  bed: Bed,
  service: Service,
  name: string,
  asking: Asking = {},
  words = 'directly',
): Promise<Traffic> {
  const { client } = bed;
  const from = (await bed.newestPacket()) + 1;
  const output = await bed.run(client.name, askCommand(service, asking));
  const file = bed.evidence.write(`requests-${name}.txt`, output);
  const packets = await bed.packetsSince(from);
  const stretch = { words, from, to: bed.wire.newest, directors: bed.carriers(service).map((d) => d.name) };
  const about = bed.evidence.write(`traffic-${name}.json`, `${JSON.stringify(stretch)}\n`);
  return { ...trafficOf(bed.lab, stretch, output, packets), evidence: [file, about] };
}

/**
 * What is known of a stretch besides its requests and its packets: its words, the first and last microsecond of its
 * packets, and the active directors. With the captures, it is enough to judge the stretch again (test/unit/replay.test.ts).
 */
export interface KnownStretch {
  readonly words: string;
  readonly from: number;
  readonly to: number;
  readonly directors: readonly string[];
}

/**
 * Returns packets without those of connections that were opened before, which a fault may have left open: packets
 * whose ports no connection of this time was opened from. A packet that a fault of the lab gave other addresses keeps
 * its ports, and stays.
 */
function withoutLeftovers(packets: readonly Packet[]): readonly Packet[] {
  const opened = new Set(packets.flatMap((p) => ('srcPort' in p && connects(p) ? [`${p.kind} ${p.srcPort}`] : [])));
  const isOf = (p: Segment) => opened.has(`${p.kind} ${p.srcPort}`) || opened.has(`${p.kind} ${p.dstPort}`);
  return packets.filter((p) => (p.kind !== 'tcp' && p.kind !== 'sctp') || isOf(p));
}

/** Returns the traffic of a stretch, from the output of `ask` and the packets of its time. */
export function trafficOf(
  lab: Lab,
  { words, directors }: KnownStretch,
  output: string,
  packets: readonly Packet[],
): Omit<Traffic, 'evidence'> {
  const requests = parseRequests(output);
  return {
    requests,
    stretches: [{ words, requests }],
    packets: withoutLeftovers(packets),
    directors: directors.map((name) => nodeOf(lab, name)),
    client: clientOf(lab),
    sources: [...new Set(requests.map((r) => r.source))].filter((s) => s !== ''),
  };
}

/** Returns traffic of several stretches, the first of which is the client's own. */
export function together(first: Traffic, more: readonly Traffic[]): Traffic {
  const all = [first, ...more];
  return {
    ...first,
    requests: all.flatMap((t) => t.requests),
    stretches: [first.stretches[0], ...more.flatMap((t) => t.stretches)],
    packets: all.flatMap((t) => t.packets),
    sources: [...new Set(all.flatMap((t) => t.sources))],
    evidence: all.flatMap((t) => t.evidence),
  };
}

/** Returns the servers that answered, in the order of the requests. */
export function servers(requests: readonly Request[]): string[] {
  return requests.filter((r) => r.status === 200).map((r) => r.server);
}

/** Returns the packets of a service's protocol. */
function ofProtocol(service: Service, packets: readonly Packet[]): readonly Segment[] {
  return packets.filter((p): p is Segment => p.kind === service.protocol);
}

function portsOf(service: Service): readonly number[] {
  return [...askedPorts(service), ...service.reals.flatMap((r) => servedPorts(service, r))];
}

/** Returns the addresses from which directors send their own traffic, for health checks. */
function ownOfDirectors(lab: Lab): ReadonlySet<string> {
  return new Set(directors(lab).flatMap(addressesOf));
}

/** Returns what a translation of addresses leaves as it is in a packet that opens a connection. */
function mark(p: Segment): string {
  return p.kind === 'tcp' ? String(p.seq) : p.payload.toString('base64');
}

/**
 * Returns the addresses and ports behind which directors that masquerade hide the clients of a service: the sources of
 * packets that carry on what a client sent to the VIP. A health check carries on nothing.
 */
function hidden(lab: Lab, service: Service, packets: readonly Packet[]): ReadonlySet<string> {
  if (!service.masquerades) return new Set();
  const own = ownOfDirectors(lab);
  const opening = packets.filter((p): p is Segment => opens(service, p));
  const asked = new Set(
    opening.filter((p) => p.dst === service.vip && p.dstPort === service.port && !own.has(p.src)).map(mark),
  );
  return new Set(
    opening
      .filter((p) => own.has(p.src) && p.dst !== service.vip && asked.has(mark(p)))
      .map((p) => endpoint(p.src, p.srcPort)),
  );
}

/** Returns the real server whose card has a MAC address, if the packet is on one of its segments. */
function realAt(lab: Lab, service: Service, p: Packet, mac: string): LabNode | undefined {
  return service.reals
    .map((r) => nodeOf(lab, r.node))
    .find((n) => macsOf(n).includes(mac) && n.interfaces.some((i) => i.segment === p.segment));
}

/** Returns whether a packet opens a connection, or is a datagram, of a service's protocol. */
export function opens(service: Service, p: Packet): p is Segment {
  return p.kind === service.protocol && (p.kind === 'udp' || connects(p));
}

/** Returns whether a packet opens a connection. */
export function connects(p: Packet): boolean {
  return (p.kind === 'tcp' && p.syn && !p.ack) || (p.kind === 'sctp' && p.chunk === 'init');
}

/** Returns whether a director, another one than this node, sent a packet. */
export function sentByDirector(lab: Lab, p: Segment, than?: LabNode): boolean {
  return directors(lab).some((d) => d.name !== than?.name && macsOf(d).includes(p.srcMac));
}

/**
 * Returns whether a packet at a real server came there by its director. What reaches a real server that is a director
 * itself may still have to be balanced by it: then it is addressed to the VIP, and no director sent it.
 */
function isGiven(lab: Lab, service: Service, p: Segment, to: LabNode): boolean {
  return to.kind !== 'director' || p.outer !== undefined || p.dst !== service.vip || sentByDirector(lab, p, to);
}

/**
 * Returns what arrives at real servers for a service: only opening packets, without the directors' own health checks.
 */
export function arrivals(lab: Lab, service: Service, packets: readonly Packet[]): readonly Segment[] {
  const own = ownOfDirectors(lab);
  const masked = hidden(lab, service, packets);
  const targets = [service.vip, ...service.reals.map((r) => r.address)];
  return packets.filter((p): p is Segment => {
    if (!opens(service, p) || !portsOf(service).includes(p.dstPort) || !targets.includes(p.dst)) return false;
    if (p.outer === undefined && own.has(p.src) && !masked.has(endpoint(p.src, p.srcPort))) return false;
    const real = realAt(lab, service, p, p.dstMac);
    return real !== undefined && isGiven(lab, service, p, real);
  });
}

/** Returns what real servers send for a service, except to a director that checks them. */
export function departures(lab: Lab, service: Service, packets: readonly Packet[]): readonly Segment[] {
  const own = ownOfDirectors(lab);
  const masked = hidden(lab, service, packets);
  const sources = [service.vip, ...service.reals.map((r) => r.address)];
  return ofProtocol(service, packets).filter(
    (p) =>
      realAt(lab, service, p, p.srcMac) !== undefined &&
      portsOf(service).includes(p.srcPort) &&
      sources.includes(p.src) &&
      (!own.has(p.dst) || masked.has(endpoint(p.dst, p.dstPort))),
  );
}

/** Returns the packets of a service that arrive at its client. */
export function heard(service: Service, client: LabNode, packets: readonly Packet[]): readonly Segment[] {
  const sources = [service.vip, ...service.reals.map((r) => r.address)];
  const macs = macsOf(client);
  return ofProtocol(service, packets).filter(
    (p) =>
      macs.includes(p.dstMac) &&
      client.interfaces.some((i) => i.segment === p.segment) &&
      portsOf(service).includes(p.srcPort) &&
      sources.includes(p.src),
  );
}

/** Names the address and the ports on which clients ask a service: `10.0.0.100:80 and 10.0.0.100:8080`. */
export function askedWords(service: Service): string {
  return askedPorts(service)
    .map((port) => endpoint(service.vip, port))
    .join(' and ');
}

/** Returns the service's address as a URL. */
export function url(service: Service): string {
  return `${appOf(service).scheme ?? 'http'}://${endpoint(service.vip, service.port)}`;
}

const REQUEST = z.strictObject({
  status: z.int().nonnegative(),
  port: z.int().nonnegative(),
  source: z.string(),
  ms: z.number(),
  bytes: z.int().nonnegative(),
  unsent: z.int().nonnegative(),
  answer: z.string(),
});

const SAID = z
  .object({ server: z.string(), client: z.string(), asked: z.string(), toa: z.string(), uoa: z.string() })
  .partial();

/** Parses the output of `ask`; ignores lines that are not from `ask`. */
export function parseRequests(output: string): Request[] {
  return output.split('\n').flatMap((line): Request[] => {
    const told = readSaid(REQUEST, line);
    if (!told) return [];
    const { answer, ...rest } = told;
    // The real server's own fields, if its answer is the lab's JSON: they may hold anything.
    const { server = '', client = '', asked = '', toa = '', uoa = toa } = readSaid(SAID, answer) ?? {};
    return [{ ...rest, server, seenClient: client, asked, toldClient: uoa }];
  });
}
