import type { HealthCheck, HealthProbe } from '../model/health.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, checkedPort, directors } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet, TcpPacket, UdpPacket } from '../net/packet.ts';
import { SCHEDULING_MARGIN_MS } from './adverts.ts';
import type { CheckSpec } from './check.ts';
import { tally } from './path.ts';

/**
 * Returns the longest time that a stopped program can stay in the table, in milliseconds: a whole interval until the
 * next check, then the retries. Its host refuses at once, so the connect timeout plays no part.
 */
export function removalBudget(health: HealthCheck): number {
  return health.every + health.retry * health.pause;
}

/** Returns the longest time that a started program can stay out of the table, in milliseconds. */
export function returnBudget(health: HealthCheck): number {
  return health.every;
}

/**
 * Returns the longest time that servers stay out of the table of a director that could not reach them for a while, in
 * milliseconds: the rest of the check in progress when the wire returns, then a whole interval.
 */
export function reunionBudget(health: HealthCheck): number {
  return health.timeout + health.pause + health.every;
}

/** Returns whether a packet is the first of a connection attempt, or the query of a probe over UDP. */
function asks(probe: HealthProbe, p: Packet): p is TcpPacket | UdpPacket {
  return probe.kind === 'dns' || probe.kind === 'udp' ? p.kind === 'udp' : p.kind === 'tcp' && p.syn && !p.ack;
}

/**
 * Checks that every director probes every real server on the right port, from its own address. The traffic of a check
 * script is not judged.
 */
export function healthTrafficChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  const { health } = service;
  if (!health || health.probe.kind === 'misc') return [];
  const { probe } = health;
  const targets = service.reals.map((r) => ({ address: r.address, port: checkedPort(health, r) }));
  const pairs = directors(lab).flatMap((director) => targets.map((target) => ({ director, target })));
  const filter = probe.kind === 'dns' || probe.kind === 'udp' ? 'udp' : 'tcp.flags.syn == 1';
  return [
    {
      id: 'health.check',
      subject: service.name,
      promise: `${directors(lab)
        .map((d) => d.name)
        .join(
          ' and ',
        )} connect to ${targets.map((t) => endpoint(t.address, t.port)).join(' and ')} from their own addresses, not from a LIP`,
      within: removalBudget(health) + SCHEDULING_MARGIN_MS,
      every: 100,
      look: async (bed) => {
        const seen = bed.wire
          .since(0)
          .filter((p) => asks(probe, p))
          .filter((p) => targets.some((t) => t.address === p.dst));
        const missing = pairs.filter(({ director, target }) => {
          const own = bed.towards(director, target.address);
          const addresses = own.addresses.map((a) => a.address);
          return !seen.some(
            (p) =>
              addresses.includes(p.src) &&
              p.srcMac === own.mac &&
              p.dst === target.address &&
              p.dstPort === target.port,
          );
        });
        const own = new Set(directors(lab).flatMap(addressesOf));
        const checks = seen
          .filter((p) => own.has(p.src))
          .map((p) => `${bed.nameOfMac(p.srcMac)} (${p.src}) to ${endpoint(p.dst, p.dstPort)}`);
        return {
          ok: missing.length === 0,
          seen: tally(checks),
          evidence: lab.segments.map((s) => `${s.name}.pcap (${filter})`),
        };
      },
    },
  ];
}
