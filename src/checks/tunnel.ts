import { appOf } from '../apps/index.ts';
import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors, macsOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { CheckSpec } from './check.ts';
import { judged, tally } from './path.ts';
import { arrivals, ask, type Traffic } from './traffic.ts';

/** Size of a packet on an Ethernet wire in bytes. */
const WIRE_MTU = 1500;

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
          (p.kind === 'tcp' || p.kind === 'udp') &&
          p.dst === service.vip &&
          p.outer === undefined &&
          t.directors.some((d) => macsOf(d).includes(p.dstMac)),
      );
      const [first] = sent;
      const before = first && 'ttl' in first ? first.ttl : undefined;
      const seen = arrivals(lab, service, t.packets);
      const words = seen.map((p) => `${before ?? '?'} to ${p.ttl} inside, ${p.outer?.ttl ?? 'none'} outside`);
      return {
        ok:
          before !== undefined &&
          seen.length > 0 &&
          seen.every((p) => p.ttl === before - (hop ? 1 : 0) && p.outer !== undefined),
        seen: tally(words),
        evidence: lab.segments.map((s) => `${s.name}.pcap (ip.proto == 4)`),
      };
    },
  );
}

/**
 * Checks path MTU discovery: a tunnel adds a header, so full-sized packets do not fit, and the director must report
 * this to the client; large requests and answers arrive complete.
 */
export function mtuCheck(lab: Lab, service: Service): CheckSpec {
  const big = appOf(service).big ?? 0;
  return {
    id: `${service.mode}.mtu`,
    subject: service.name,
    promise: `a POST and an answer of ${big} bytes arrive whole; the director tells the client the path MTU, and no packet is larger than ${WIRE_MTU} bytes`,
    within: 0,
    every: 0,
    look: async (bed) => {
      const from = await bed.newestPacket();
      const [posted] = await ask(bed, service, { count: 1, post: big });
      const [got] = await ask(bed, service, { count: 1, path: '/big' });
      const packets = await bed.packetsSince(from + 1);
      if (packets.length === 0) throw new CannotObserve('no packet was captured');
      const told = packets.filter((p) => p.kind === 'icmp' && p.mtu !== undefined);
      const largest = Math.max(0, ...packets.map((p) => ('outer' in p ? (p.outer?.length ?? 0) : 0)));
      const whole = posted?.status === 200 && posted.unsent === 0 && got?.status === 200 && got.bytes === big;
      return {
        ok: whole && told.length > 0 && largest <= WIRE_MTU && largest > WIRE_MTU - 100,
        seen: `POST ${posted?.status === 200 && posted.unsent === 0 ? 'whole' : `stuck with ${posted?.unsent || 'all'} bytes unacknowledged`}, answer of ${got?.bytes ?? 0} bytes; ${
          told.length > 0
            ? `path MTU told: ${[...new Set(told.map((p) => (p.kind === 'icmp' ? `${p.mtu} bytes by ${p.src}` : '')))].join(', ')}`
            : 'no path MTU told to the client'
        }; the largest outer packet had ${largest} bytes`,
        evidence: lab.segments.map((s) => `${s.name}.pcap (ip.proto == 4 || icmp.type == 3)`),
      };
    },
  };
}
