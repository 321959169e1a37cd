import { z } from 'zod';
import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, directors, macsOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet, TcpPacket, UdpPacket } from '../net/packet.ts';
import { readSaid } from '../said.ts';
import type { Bed } from './bed.ts';

/** One request of a client, as it and the real server tell it (images/node/src/ask.c). */
export interface Request {
  /** HTTP status; 200 for a datagram's answer; 0 when nothing answered. */
  readonly status: number;
  /** The client's own port and address. */
  readonly port: number;
  readonly source: string;
  readonly ms: number;
  /** Bytes of the answer. */
  readonly bytes: number;
  /** Bytes of the question that were never acknowledged. */
  readonly unsent: number;
  /** The real server that answered, by its own word; empty when it does not say. */
  readonly server: string;
  /** Whom the real server saw, and at which address it was asked. */
  readonly seenClient: string;
  readonly asked: string;
}

/** Requests that were made one after the other, under the same circumstances. */
export interface Stretch {
  /** Those circumstances, in words. */
  readonly words: string;
  readonly requests: readonly Request[];
}

/** Stretches of requests to a service, with what the wires showed meanwhile. */
export interface Traffic {
  /** Every request, and by stretches: the first is the client's own, the tables as they are. */
  readonly requests: readonly Request[];
  readonly stretches: readonly [Stretch, ...Stretch[]];
  readonly packets: readonly Packet[];
  /** The directors in charge at the time: one, unless all announce the VIP. */
  readonly directors: readonly LabNode[];
  readonly client: LabNode;
  /** The addresses that the client asked from. */
  readonly sources: readonly string[];
  readonly evidence: readonly string[];
}

/** A packet with ports. */
export type Segment = TcpPacket | UdpPacket;

/** Requests of one stretch: even, and enough to tell alternation from chance. */
export const REQUESTS = 20;
/** Milliseconds for one request; three that fail end the stretch. */
const REQUEST_TIMEOUT_MS = 2000;

/** What is asked, beyond the plain. */
export interface Asking {
  readonly count?: number;
  /** Client addresses that take turns. */
  readonly sources?: readonly string[];
  /** Path of an HTTP request. */
  readonly path?: string;
  /** Bytes to post. */
  readonly post?: number;
  /** Keep every connection open until stdin ends. */
  readonly hold?: boolean;
  /** Milliseconds for one request. */
  readonly timeout?: number;
}

/** The command line of `ask` for a service. */
export function askCommand(service: Service, asking: Asking): readonly string[] {
  return [
    'ask',
    ...appOf(service).asked.ask,
    ...(asking.hold ? ['-k'] : []),
    ...['-n', String(asking.count ?? REQUESTS), '-t', String(asking.timeout ?? REQUEST_TIMEOUT_MS)],
    ...(asking.sources ?? []).flatMap((s) => ['-s', s]),
    ...(asking.path === undefined ? [] : ['-g', asking.path]),
    ...(asking.post === undefined ? [] : ['-b', String(asking.post)]),
    service.vip,
    String(service.port),
  ];
}

/** Asks a service from the client and returns the answers. */
export async function ask(bed: Bed, service: Service, asking: Asking): Promise<readonly Request[]> {
  return parseRequests(await bed.run(bed.client.name, askCommand(service, asking)));
}

/** Asks the service from the client, one connection after the other, and gathers what the wires showed. `words` tells the circumstances. */
export async function drive(
  bed: Bed,
  service: Service,
  name: string,
  asking: Asking = {},
  words = 'directly',
): Promise<Traffic> {
  const { client } = bed;
  const from = bed.wire.newest;
  const output = await bed.run(client.name, askCommand(service, asking));
  const file = bed.evidence.write(`requests-${name}.txt`, output);
  const requests = parseRequests(output);
  return {
    requests,
    stretches: [{ words, requests }],
    packets: await bed.packetsSince(from + 1),
    directors: bed.carriers(service),
    client,
    sources: [...new Set(requests.map((r) => r.source))].filter((s) => s !== ''),
    evidence: [file],
  };
}

/** Traffic of several stretches, the first of which is the client's own. */
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

/** Who answered, in the order of the requests. */
export function servers(requests: readonly Request[]): string[] {
  return requests.filter((r) => r.status === 200).map((r) => r.server);
}

/** The packets of a service's protocol among packets. */
function ofProtocol(service: Service, packets: readonly Packet[]): readonly Segment[] {
  return packets.filter((p): p is Segment => p.kind === service.protocol);
}

function portsOf(service: Service): readonly number[] {
  return [service.port, ...service.reals.map((r) => r.port)];
}

/** Addresses under which directors send on their own account, for health checks. */
function ownOfDirectors(lab: Lab): ReadonlySet<string> {
  return new Set(directors(lab).flatMap(addressesOf));
}

/** The real server whose card a MAC address is, where the packet is on a segment of its. */
function realAt(lab: Lab, service: Service, p: Packet, mac: string): LabNode | undefined {
  return service.reals
    .map((r) => nodeOf(lab, r.node))
    .find((n) => macsOf(n).includes(mac) && n.interfaces.some((i) => i.segment === p.segment));
}

/** What arrives at real servers for a service, opening packets only: not the directors' own health checks. */
export function arrivals(lab: Lab, service: Service, packets: readonly Packet[]): readonly Segment[] {
  const own = ownOfDirectors(lab);
  const targets = [service.vip, ...service.reals.map((r) => r.address)];
  return ofProtocol(service, packets).filter(
    (p) =>
      realAt(lab, service, p, p.dstMac) !== undefined &&
      portsOf(service).includes(p.dstPort) &&
      targets.includes(p.dst) &&
      (p.outer !== undefined || !own.has(p.src)) &&
      (p.kind === 'udp' || (p.syn && !p.ack)),
  );
}

/** Whether a connection of a service came to a real server. */
export function isReached(lab: Lab, service: Service, packets: readonly Packet[], real: Real): boolean {
  const macs = macsOf(nodeOf(lab, real.node));
  return arrivals(lab, service, packets).some((p) => macs.includes(p.dstMac));
}

/** Real servers that must get connections, and to whom none came. */
export function unreached(lab: Lab, service: Service, packets: readonly Packet[]): readonly Real[] {
  return service.reals.filter((r) => r.weight > 0 && !isReached(lab, service, packets, r));
}

/** What real servers send for a service, to whomever but a director that checks them. */
export function departures(lab: Lab, service: Service, packets: readonly Packet[]): readonly Segment[] {
  const own = ownOfDirectors(lab);
  const sources = [service.vip, ...service.reals.map((r) => r.address)];
  return ofProtocol(service, packets).filter(
    (p) =>
      realAt(lab, service, p, p.srcMac) !== undefined &&
      portsOf(service).includes(p.srcPort) &&
      sources.includes(p.src) &&
      !own.has(p.dst),
  );
}

/** What reaches the client of a service. */
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

/** The service's address as a URL. */
export function url(service: Service): string {
  return `http://${endpoint(service.vip, service.port)}`;
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

const SAID = z.object({ server: z.string(), client: z.string(), asked: z.string() }).partial();

/** Reads what `ask` printed; lines that are none of its are left out. */
export function parseRequests(output: string): Request[] {
  return output.split('\n').flatMap((line): Request[] => {
    const told = readSaid(REQUEST, line);
    if (!told) return [];
    const { answer, ...rest } = told;
    // What a real server says of itself, where its answer is our JSON: it may be anything.
    const { server = '', client = '', asked = '' } = readSaid(SAID, answer) ?? {};
    return [{ ...rest, server, seenClient: client, asked }];
  });
}
