import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors, macsOf, nodeOf } from '../model/lookup.ts';
import { cardMtu, segmentMtu } from '../model/mtu.ts';
import type { Service } from '../model/service.ts';
import { modes } from '../modes/index.ts';
import { endpoint } from '../net/cidr.ts';
import type { IcmpPacket, Packet } from '../net/packet.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { tally } from './path.ts';
import { ask, departures, heard, type Segment } from './traffic.ts';

/** Number of large answers: enough that each real server of a small service sends some. */
const MOST_ANSWERS = 8;
/** Bytes of headers by which a full packet may be smaller than its wire allows: options of TCP vary. */
const ALMOST = 100;

/** A packet that tells a sender which size fits: "fragmentation needed" (RFC 1191), "packet too big" (RFC 8201). */
type TooBig = IcmpPacket & { readonly mtu: number };

export function isTooBig(p: Packet): p is TooBig {
  return p.kind === 'icmp' && p.mtu !== undefined;
}

/**
 * Checks path MTU discovery of a service in a lab whose wires have MTUs of their own: large requests and answers arrive
 * whole, packets fill the narrowest wire and none is larger than its wire, and where a router tells the VIP which size
 * fits, the director passes this on to the real server that sent the packet: nobody else can make it send smaller ones.
 */
export function pathMtuCheck(lab: Lab, service: Service): CheckSpec {
  const big = appOf(service).big ?? 0;
  return {
    id: 'path.mtu',
    subject: service.name,
    promise: `POSTs and answers of ${big} bytes arrive whole; packets fill the narrowest wire, and none is larger than its wire; a "too big" for ${service.vip} reaches the real server that sent the packet`,
    within: 0,
    every: 0,
    look: async (bed) => {
      const from = await bed.newestPacket();
      const count = Math.min(2 * service.reals.length, MOST_ANSWERS);
      const got = await ask(bed, service, { count, path: '/big' });
      const posted = await ask(bed, service, { count, post: big });
      const packets = await bed.packetsSince(from + 1);
      if (packets.length === 0) throw new CannotObserve('no packet was captured');
      const whole = [
        sizeWords('answers', count, got.filter((r) => r.status === 200 && r.bytes === big).length),
        sizeWords('POSTs', count, posted.filter((r) => r.status === 200 && r.unsent === 0).length),
      ];
      const fills = fill(bed, service, packets);
      const told = passing(bed, service, packets);
      const large = tooLarge(lab, packets);
      const ok = whole.every((w) => w.ok) && fills.ok && told.ok && large.length === 0;
      return {
        ok,
        seen: [...whole.map((w) => w.words), fills.words, told.words, ...large].join('; '),
        evidence: lab.segments.map((s) => `${s.name}.pcap (icmp.type == 3 || icmpv6.type == 2 || tcp.len > 0)`),
      };
    },
  };
}

interface Part {
  readonly ok: boolean;
  readonly words: string;
}

function sizeWords(what: string, count: number, whole: number): Part {
  return { ok: whole === count, words: `${whole} of ${count} ${what} whole` };
}

/**
 * Judges the largest packet that the client receives: it fills the narrowest of the wires that answers crossed, and of
 * the sizes that routers told. A user's script may make a card smaller without a word: then only the size is reported.
 */
function fill(bed: Bed, service: Service, packets: readonly Packet[]): Part {
  const { lab } = bed;
  const servers = [service.vip, ...service.reals.map((r) => r.address)];
  const carries = (p: Packet) => (p.kind === 'tcp' ? p.payload.length > 0 : p.kind === 'sctp' && p.chunk === 'data');
  const answers = packets.filter((p): p is Segment => carries(p) && 'src' in p && servers.includes(p.src));
  const crossed = [...new Set(answers.map((p) => p.segment))];
  const sizes = [
    ...crossed.map((s) => segmentMtu(lab, s)),
    ...lab.nodes.flatMap((n) => n.interfaces.filter((i) => crossed.includes(i.segment)).map((i) => cardMtu(n, i))),
    ...packets.filter(isTooBig).map((p) => p.mtu),
  ];
  const narrowest = Math.min(...sizes);
  const largest = Math.max(0, ...heard(service, bed.client, packets).map((p) => p.length));
  const scripted = lab.nodes.some((n) => n.setup !== undefined || n.manual);
  return {
    ok: scripted || (largest <= narrowest && largest > narrowest - ALMOST),
    words: `the largest packet to the client has ${largest} bytes, and ${Number.isFinite(narrowest) ? narrowest : 'no'} fit`,
  };
}

/** Returns packets that are larger than their wire, in words. */
function tooLarge(lab: Lab, packets: readonly Packet[]): readonly string[] {
  const wrong = packets.flatMap((p) => {
    const size = 'length' in p ? (p.outer?.length ?? p.length) : 0;
    return size > segmentMtu(lab, p.segment) ? [`${size} bytes on ${p.segment}`] : [];
  });
  return wrong.length === 0 ? [] : [`too large: ${tally(wrong)}`];
}

/** Judges whether each size that a director was told for the VIP went on to the real server that sent the packet. */
function passing(bed: Bed, service: Service, packets: readonly Packet[]): Part {
  const { lab } = bed;
  const balancers = new Set(directors(lab).flatMap((d) => macsOf(d, lab)));
  const sent = departures(lab, service, packets);
  const told = packets.filter(isTooBig).filter((p) => p.dst === service.vip && balancers.has(p.dstMac));
  const words = told.map((p) => {
    const { about } = p;
    // In modes that translate, the real server's packet had other addresses: any real server that is told counts.
    const sender =
      about && modes[service.mode].wire.target === 'vip'
        ? sent.find((s) => s.dst === about.dst && s.dstPort === about.dstPort)?.srcMac
        : undefined;
    const to = service.reals
      .map((r) => nodeOf(lab, r.node))
      .filter((n) => sender === undefined || macsOf(n).includes(sender));
    const reached = to.find((n) =>
      packets.some((q) => isTooBig(q) && q.at >= p.at && balancers.has(q.srcMac) && macsOf(n).includes(q.dstMac)),
    );
    const what = `${p.mtu} bytes told by ${p.src}`;
    if (reached) return { ok: true, words: `${what} reached ${reached.name}` };
    const whose = about ? `, about a packet to ${endpoint(about.dst, about.dstPort)}` : '';
    return { ok: false, words: `${what} did not reach ${to.map((n) => n.name).join(' or ')}${whose}` };
  });
  return {
    ok: words.every((w) => w.ok),
    words: words.length === 0 ? `nobody told ${service.vip} a size` : tally(words.map((w) => w.words)),
  };
}
