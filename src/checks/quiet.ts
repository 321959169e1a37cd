import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, directors, linksOf } from '../model/lookup.ts';
import { cardMtu } from '../model/mtu.ts';
import { endpoint } from '../net/cidr.ts';
import type { IcmpPacket, Packet } from '../net/packet.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';
import { isTooBig } from './mtu.ts';
import { isAsMade, stepsBefore } from './nodes.ts';
import { tally } from './path.ts';
import { connects, type Request, type Segment } from './traffic.ts';

/**
 * How many milliseconds a node may be stalled before a sender retransmits: half of its shortest retransmission timeout,
 * which is 200 ms for TCP (RFC 6298, Linux) and 1 s for SCTP (RFC 9260 §16).
 */
const RETRANSMITS_MS = { tcp: 100, sctp: 500 };

/**
 * Number of stretches, of which one must carry no packet twice. A guest kernel occasionally receives a packet late
 * without being stalled: on an overloaded machine this was seen in one stretch in fifty. Four in a row happen by this
 * cause less than once in a million times; a packet loss in the lab shows in every stretch.
 */
const STRETCHES = 4;

/** Errors and redirects of ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861), by type. */
const TROUBLE: Readonly<Record<4 | 6, Readonly<Record<number, string>>>> = {
  4: { 3: 'unreachable', 4: 'source quench', 5: 'redirect', 11: 'time exceeded', 12: 'parameter problem' },
  6: { 1: 'unreachable', 2: 'packet too big', 3: 'time exceeded', 4: 'parameter problem', 137: 'redirect' },
};

/** A stretch of traffic: the packets captured during it, and how each request ended. */
interface Captured {
  readonly packets: readonly Packet[];
  readonly requests: readonly Pick<Request, 'status'>[];
}

/**
 * Checks that nothing went wrong on the way, even if every request was answered: no error, no redirect, no reset, and
 * no packet sent twice. Four kinds are expected: resets with which a director ends its own health check, resets from a
 * client that has read enough of a banner, the sizes that path MTU discovery tells, and IPv6 redirects, which Linux
 * cannot be told not to send and which hosts in a lab do not follow.
 */
export function quietChecks(
  lab: Lab,
  subject: string,
  traffic: () => Promise<Captured>,
  again: () => Promise<Captured>,
): readonly CheckSpec[] {
  const once = { subject, within: 0, every: 0 };
  const overSctp = lab.services.some((s) => s.name === subject && s.protocol === 'sctp');
  const evidence = (filter: string) => lab.segments.map((s) => `${s.name}.pcap (${filter})`);
  return [
    {
      ...once,
      id: 'wire.errors',
      promise:
        'no unexpected ICMP error, redirect or reset on any wire during the test (expected: resets that end a health check or a banner probe, resets after both sides have closed, IPv6 redirects)',
      look: async (bed) => {
        const { packets } = await traffic();
        const errors = errorsIn(bed, subject, packets);
        return {
          ok: errors.length === 0 && packets.length > 0,
          seen: errors.length > 0 ? tally(errors.flatMap((e) => e.words)) : `none in ${packets.length} packets`,
          evidence: evidence(
            `icmp.type in {3, 4, 5, 11, 12} || icmpv6.type < 5 || ${overSctp ? 'sctp.chunk_type == 6' : 'tcp.flags.reset == 1'}`,
          ),
          frames: framesOf(
            [],
            errors.map((e) => e.packet),
          ),
        };
      },
    },
    {
      ...once,
      id: 'wire.twice',
      promise: `no ${overSctp ? 'SCTP' : 'TCP'} retransmission during the test, or none in one of ${STRETCHES - 1} repetitions (a director’s own health checks aside)`,
      look: async (bed) => {
        const told: string[] = [];
        for (let stretch = 1; ; stretch++) {
          const from = bed.wire.newest; // not later than the first request: a stall at the start counts
          const { packets, requests } = await (stretch === 1 ? traffic() : again());
          const twice = repeated(packets.filter((p) => !isOwn(lab, p)));
          const words = twice.map(
            (p) => `${packetWords(p)} retransmitted by ${bed.nameOfMac(p.srcMac)} on ${p.segment}`,
          );
          const ok = words.length === 0 && packets.length > 0;
          told.push(words.length > 0 ? tally(words) : `none of ${packets.length} packets`);
          // A sender without an answer retransmits: more stretches would then show nothing new.
          if (!ok && stretch < STRETCHES && requests.every((r) => r.status !== 0)) continue;
          return {
            ok,
            seen: told.join('; then '),
            evidence: evidence(`${overSctp ? 'sctp' : 'tcp.analysis'}.retransmission`),
            frames: framesOf([], twice),
            stall: ok ? undefined : await bed.stalls.since(from, RETRANSMITS_MS[overSctp ? 'sctp' : 'tcp']),
          };
        }
      },
    },
  ];
}

/** A packet that tells of trouble, in words. */
interface WrongPacket {
  readonly packet: Packet;
  readonly words: readonly string[];
}

/**
 * Returns errors, redirects and resets, in words. A reset after both sides have closed is not one of them: a
 * round-robin bond delivers acknowledgements too late.
 */
function errorsIn(bed: Bed, subject: string, packets: readonly Packet[]): readonly WrongPacket[] {
  const { lab } = bed;
  const ended = new Map<string, Set<string>>();
  // A round-robin bond spreads one connection over its wires.
  const inOrder = [...packets].sort((a, b) => a.at - b.at);
  return inOrder.flatMap((p) => {
    const wrong = (words: readonly string[]) => (words.length > 0 ? [{ packet: p, words }] : []);
    if (p.kind === 'icmp') return isPathMtu(lab, subject, p) ? [] : wrong(icmpWords(bed, p));
    if (p.kind === 'sctp') return p.chunk === 'abort' ? wrong(resetWords(bed, lab, p)) : [];
    if (p.kind !== 'tcp') return [];
    const connection = connectionOf(p);
    const by = ended.get(connection) ?? new Set();
    if (p.syn) ended.delete(connection);
    else if (p.fin) ended.set(connection, by.add(endpoint(p.src, p.srcPort)));
    return p.rst && by.size < 2 ? wrong(resetWords(bed, lab, p)) : [];
  });
}

/**
 * Returns whether a packet belongs to a connection of a director itself, its health checks: keepalived serves them all,
 * and its scripts, in one process, so that a busy one acknowledges a server's answer after the server sent it again.
 */
function isOwn(lab: Lab, p: Packet): boolean {
  const own = directors(lab).flatMap(addressesOf);
  return (p.kind === 'tcp' || p.kind === 'sctp') && (own.includes(p.src) || own.includes(p.dst));
}

/** Returns the connections that were opened in this time. */
function openedIn(packets: readonly Packet[]): ReadonlySet<string> {
  return new Set(packets.flatMap((p) => ('srcPort' in p && connects(p) ? [connectionOf(p)] : [])));
}

/** Returns a key for a packet's connection, the same in both directions. */
function connectionOf(p: Segment): string {
  return [endpoint(p.src, p.srcPort), endpoint(p.dst, p.dstPort)].sort().join(' ');
}

/**
 * Returns whether an ICMP error is path MTU discovery at work: it tells the size of a link of its sender in this lab, or
 * one that a script of the user may have set there, about a packet that was larger. A director that passes it on to a
 * real server keeps the sender's address.
 */
function isPathMtu(lab: Lab, subject: string, p: IcmpPacket): boolean {
  if (!isTooBig(p) || (p.about && p.about.length <= p.mtu)) return false;
  const sender = lab.nodes.find((n) => addressesOf(n).includes(p.src));
  if (!sender) return false;
  const links = linksOf(sender).some((l) => l.mtu === p.mtu);
  const differs = sender.interfaces.some((i) => cardMtu(sender, i) > p.mtu);
  return (links && differs) || !isAsMade(sender, stepsBefore(lab, subject));
}

function icmpWords(bed: Bed, p: IcmpPacket): readonly string[] {
  const what = TROUBLE[p.family][p.type];
  if (what === undefined || (p.family === 6 && what === 'redirect')) return [];
  return [
    `ICMP ${what}${p.mtu === undefined ? '' : ` (${p.mtu} bytes fit)`} from ${bed.nameOfMac(p.srcMac)} (${p.src}) to ${p.dst}`,
  ];
}

function resetWords(bed: Bed, lab: Lab, p: Segment): readonly string[] {
  const checks = directors(lab).flatMap(addressesOf).includes(p.src);
  const looks = lab.services.some((s) => appOf(s).cutShort && p.dstPort === s.port) && p.srcPort !== p.dstPort;
  return checks || looks ? [] : [`reset from ${bed.nameOfMac(p.srcMac)}: ${packetWords(p)}`];
}

function packetWords(p: Segment): string {
  return `${endpoint(p.src, p.srcPort)} to ${endpoint(p.dst, p.dstPort)}`;
}

/** Returns the place of a packet in its connection; undefined if it has none, or may come again. */
function placeOf(p: Segment): string | undefined {
  if (p.kind === 'sctp') return p.chunk === 'data' || p.chunk === 'init' ? p.payload.toString('base64') : undefined;
  if (p.kind !== 'tcp' || p.rst || !(p.syn || p.fin || p.payload.length > 0)) return undefined;
  return [p.seq, p.syn, p.fin, p.payload.length].join(' ');
}

/**
 * Returns packets that a wire carried before with the same sender, receiver and place in their connection (a forwarded
 * packet has another MAC address, or is inside another packet). Only connections that were opened in this time count:
 * leftovers of earlier ones do not belong to this stretch.
 */
function repeated(packets: readonly Packet[]): readonly Segment[] {
  const opened = openedIn(packets);
  const seen = new Set<string>();
  const segments = packets.filter((p): p is Segment => 'srcPort' in p);
  return segments.filter((p) => {
    const place = placeOf(p);
    if (place === undefined || !opened.has(connectionOf(p))) return false;
    const { segment, vlan, srcMac, dstMac, outer } = p;
    const wrap = outer && [outer.src, outer.dst];
    const key = JSON.stringify([segment, vlan, srcMac, dstMac, wrap, packetWords(p), place]);
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}
