import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, directors } from '../model/lookup.ts';
import { endpoint } from '../net/cidr.ts';
import type { IcmpPacket, Packet, TcpPacket } from '../net/packet.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { tally } from './path.ts';
import type { Request } from './traffic.ts';

/**
 * How many milliseconds a node may be stalled before TCP retransmits: its shortest retransmission timeout is 200 ms
 * (RFC 6298, Linux).
 */
const RETRANSMITS_MS = 100;

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
 * no packet sent twice. Three kinds are expected: resets with which a director ends its own health check, resets from a
 * client that has read enough of a banner, and IPv6 redirects, which Linux cannot be told not to send and which hosts
 * in a lab do not follow.
 */
export function quietChecks(
  lab: Lab,
  subject: string,
  traffic: () => Promise<Captured>,
  again: () => Promise<Captured>,
): readonly CheckSpec[] {
  const once = { subject, within: 0, every: 0 };
  const evidence = (filter: string) => lab.segments.map((s) => `${s.name}.pcap (${filter})`);
  return [
    {
      ...once,
      id: 'wire.errors',
      promise:
        'no unexpected ICMP error, redirect or reset on any wire during the test (expected: resets that end a health check or a banner probe, resets after both sides have closed, IPv6 redirects)',
      look: async (bed) => {
        const { packets } = await traffic();
        const words = errorWords(bed, lab, packets);
        return {
          ok: words.length === 0 && packets.length > 0,
          seen: words.length > 0 ? tally(words) : `none in ${packets.length} packets`,
          evidence: evidence('icmp.type in {3, 4, 5, 11, 12} || icmpv6.type < 5 || tcp.flags.reset == 1'),
        };
      },
    },
    {
      ...once,
      id: 'wire.twice',
      promise: `no TCP retransmission during the test, or none in one of ${STRETCHES - 1} repetitions (a director’s own health checks aside)`,
      look: async (bed) => {
        const told: string[] = [];
        for (let stretch = 1; ; stretch++) {
          const from = bed.wire.newest; // not later than the first request: a stall at the start counts
          const { packets, requests } = await (stretch === 1 ? traffic() : again());
          const words = repeated(packets.filter((p) => !isOwn(lab, p))).map(
            (p) => `${packetWords(p)} retransmitted by ${bed.nameOfMac(p.srcMac)} on ${p.segment}`,
          );
          const ok = words.length === 0 && packets.length > 0;
          told.push(words.length > 0 ? tally(words) : `none of ${packets.length} packets`);
          // A sender without an answer retransmits: more stretches would then show nothing new.
          if (!ok && stretch < STRETCHES && requests.every((r) => r.status !== 0)) continue;
          return {
            ok,
            seen: told.join('; then '),
            evidence: evidence('tcp.analysis.retransmission'),
            stall: ok ? undefined : await bed.stalls.since(from, RETRANSMITS_MS),
          };
        }
      },
    },
  ];
}

/**
 * Returns errors, redirects and resets, in words. A reset after both sides have closed is not one of them: a
 * round-robin bond delivers acknowledgements too late.
 */
function errorWords(bed: Bed, lab: Lab, packets: readonly Packet[]): readonly string[] {
  const ended = new Map<string, Set<string>>();
  // A round-robin bond spreads one connection over its wires.
  const inOrder = [...packets].sort((a, b) => a.at - b.at);
  return inOrder.flatMap((p) => {
    if (p.kind === 'icmp') return icmpWords(bed, p);
    if (p.kind !== 'tcp') return [];
    const connection = connectionOf(p);
    const by = ended.get(connection) ?? new Set();
    if (p.syn) ended.delete(connection);
    else if (p.fin) ended.set(connection, by.add(endpoint(p.src, p.srcPort)));
    return p.rst && by.size < 2 ? resetWords(bed, lab, p) : [];
  });
}

/**
 * Returns whether a packet belongs to a connection of a director itself, its health checks: keepalived serves them all,
 * and its scripts, in one process, so that a busy one acknowledges a server's answer after the server sent it again.
 */
function isOwn(lab: Lab, p: Packet): boolean {
  const own = directors(lab).flatMap(addressesOf);
  return p.kind === 'tcp' && (own.includes(p.src) || own.includes(p.dst));
}

/** Returns the connections that were opened in this time. */
function openedIn(packets: readonly Packet[]): ReadonlySet<string> {
  return new Set(packets.flatMap((p) => (p.kind === 'tcp' && p.syn && !p.ack ? [connectionOf(p)] : [])));
}

/** Returns a key for a packet's connection, the same in both directions. */
function connectionOf(p: TcpPacket): string {
  return [endpoint(p.src, p.srcPort), endpoint(p.dst, p.dstPort)].sort().join(' ');
}

function icmpWords(bed: Bed, p: IcmpPacket): readonly string[] {
  const what = TROUBLE[p.family][p.type];
  if (what === undefined || (p.family === 6 && what === 'redirect')) return [];
  return [
    `ICMP ${what}${p.mtu === undefined ? '' : ` (${p.mtu} bytes fit)`} from ${bed.nameOfMac(p.srcMac)} (${p.src}) to ${p.dst}`,
  ];
}

function resetWords(bed: Bed, lab: Lab, p: TcpPacket): readonly string[] {
  const checks = directors(lab).flatMap(addressesOf).includes(p.src);
  const looks = lab.services.some((s) => appOf(s).cutShort && p.dstPort === s.port) && p.srcPort !== p.dstPort;
  return checks || looks ? [] : [`reset from ${bed.nameOfMac(p.srcMac)}: ${packetWords(p)}`];
}

function packetWords(p: TcpPacket): string {
  return `${endpoint(p.src, p.srcPort)} to ${endpoint(p.dst, p.dstPort)}`;
}

/**
 * Returns packets that a wire carried before with the same sender, receiver and place in their connection (a forwarded
 * packet has another MAC address, or is inside another packet). Only connections that were opened in this time count:
 * leftovers of earlier ones do not belong to this stretch.
 */
function repeated(packets: readonly Packet[]): readonly TcpPacket[] {
  const tcp = packets.filter((p): p is TcpPacket => p.kind === 'tcp');
  const opened = openedIn(packets);
  const seen = new Set<string>();
  return tcp.filter((p) => {
    if (!(p.syn || p.fin || p.payload.length > 0) || p.rst || !opened.has(connectionOf(p))) return false;
    const { segment, vlan, srcMac, dstMac, outer } = p;
    const wrap = outer && [outer.src, outer.dst];
    const key = JSON.stringify([
      segment,
      vlan,
      srcMac,
      dstMac,
      wrap,
      packetWords(p),
      p.seq,
      p.syn,
      p.fin,
      p.payload.length,
    ]);
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}
