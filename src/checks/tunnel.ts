import { appOf } from '../apps/index.ts';
import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, directors, familyOf, macsOf } from '../model/lookup.ts';
import { cardMtu, segmentMtu } from '../model/mtu.ts';
import type { Service } from '../model/service.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';
import { isTooBig } from './mtu.ts';
import { judged, tally } from './path.ts';
import { kept } from './served.ts';
import { arrivals, ask, type Traffic } from './traffic.ts';

/** Bytes of an outer header, by family; in IPv6 with the tunnel encapsulation limit (RFC 2473). */
const [HEADER_4, HEADER_6] = [20, 48];

/**
 * Checks that a tunnelled packet crosses hops like any other: for the inner packet, the director is one hop if its
 * driver counts it as one; the outer packet has its own hops.
 */
export function ttlCheck(lab: Lab, service: Service, traffic: () => Promise<Traffic>): CheckSpec {
  const hop = directors(lab).every((d) => driverOf(d).tunnelIsHop);
  return judged(
    `${service.mode}.ttl`,
    service,
    `the director ${hop ? 'lowers the TTL of the inner packet by one' : 'keeps the TTL of the inner packet'}; the outer packet starts with a TTL of its own`,
    traffic,
    (_bed, t) => {
      const sent = t.packets.filter(
        (p) =>
          'srcPort' in p &&
          p.dst === service.vip &&
          p.outer === undefined &&
          t.directors.some((d) => macsOf(d, lab).includes(p.dstMac)),
      );
      const [first] = sent;
      const before = first && 'ttl' in first ? first.ttl : undefined;
      const seen = arrivals(lab, service, t.packets);
      const fits = (p: (typeof seen)[number]) => p.ttl === (before ?? 0) - (hop ? 1 : 0) && p.outer !== undefined;
      const words = seen.map((p) => `${before ?? '?'} to ${p.ttl} inside, ${p.outer?.ttl ?? 'none'} outside`);
      return {
        ok: before !== undefined && (seen.length > 0 || kept(lab, service, t).length > 0) && seen.every(fits),
        seen: tally(words),
        evidence: lab.segments.map((s) => `${s.name}.pcap (ip.proto == 4)`),
        frames: framesOf(
          [...(first ? [first] : []), ...seen],
          seen.filter((p) => !fits(p)),
        ),
      };
    },
  );
}

/**
 * Checks path MTU discovery: a tunnel adds a header, so packets that fill their wire may not fit, and the director must
 * report this to the client; large requests and answers arrive complete.
 */
export function mtuCheck(lab: Lab, service: Service): CheckSpec {
  const big = appOf(service).big ?? 0;
  return {
    id: `${service.mode}.mtu`,
    subject: service.name,
    promise: `a POST and an answer of ${big} bytes arrive whole; the director tells the client the path MTU, and no packet is larger than its wire`,
    within: 0,
    every: 0,
    look: async (bed) => {
      const from = await bed.newestPacket();
      const [posted] = await ask(bed, service, { count: 1, post: big });
      const [got] = await ask(bed, service, { count: 1, path: '/big' });
      const packets = await bed.packetsSince(from + 1);
      if (packets.length === 0) throw new CannotObserve('no packet was captured');
      const wrapped = packets.flatMap((p) => ('outer' in p && p.outer ? [{ ...p.outer, segment: p.segment }] : []));
      const largest = Math.max(0, ...wrapped.map((p) => p.length));
      // The narrowest wire on the way to the real servers, or narrower if a router there says so.
      const own = directors(lab).flatMap(addressesOf);
      const tellsDirector = packets.filter(isTooBig).filter((p) => own.includes(p.dst));
      const fits = Math.min(...wrapped.map((p) => segmentMtu(lab, p.segment)), ...tellsDirector.map((p) => p.mtu));
      const told = packets.filter(isTooBig).filter((p) => !tellsDirector.includes(p));
      // Of a client whose own wires are narrow, everything fits.
      const header = wrapped[0] && familyOf(wrapped[0].src) === 6 ? HEADER_6 : HEADER_4;
      const narrow = bed.client.interfaces.every((i) => cardMtu(bed.client, i) + header <= fits);
      const whole = posted?.status === 200 && posted.unsent === 0 && got?.status === 200 && got.bytes === big;
      const full = largest <= fits && (narrow || largest > fits - 100);
      return {
        ok: whole && (told.length > 0 || narrow) && full,
        seen: `POST ${posted?.status === 200 && posted.unsent === 0 ? 'whole' : `stuck with ${posted?.unsent || 'all'} bytes unacknowledged`}, answer of ${got?.bytes ?? 0} bytes; ${
          told.length > 0
            ? `path MTU told: ${[...new Set(told.map((p) => `${p.mtu} bytes by ${p.src}`))].join(', ')}`
            : `no path MTU told to the client${narrow ? ', whose packets fit' : ''}`
        }; the largest outer packet had ${largest} bytes`,
        evidence: lab.segments.map((s) => `${s.name}.pcap (ip.proto == 4 || icmp.type == 3)`),
      };
    },
  };
}
