import type { HealthCheck } from '../model/health.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, checkedPort, directors } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet } from '../net/packet.ts';
import { SCHEDULING_MARGIN_MS } from './adverts.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { type Sent, sentBy } from './health-packets.ts';
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

/** Returns the longest time until a table shows what a check found that began just before, in milliseconds. */
export function settleBudget(health: HealthCheck): number {
  return Math.max(removalBudget(health), reunionBudget(health));
}

/**
 * Checks that every director asks every real server what its health check says, from its own address. The traffic of a
 * check script is not judged.
 */
export function healthTrafficChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  const { health } = service;
  const sent = health && sentBy(health);
  if (!health || !sent) return [];
  // A director's check of itself is on no wire.
  const pairs = directors(lab).flatMap((director) =>
    service.reals.filter((real) => real.node !== director.name).map((real) => ({ director, real })),
  );
  if (pairs.length === 0) return [];
  const names = directors(lab).map((d) => d.name);
  return [
    {
      id: 'health.check',
      subject: service.name,
      promise: `${names.join(' and ')} ${sent.words(service.reals)} from their own addresses, not from a LIP`,
      within: removalBudget(health) + SCHEDULING_MARGIN_MS,
      every: 100,
      look: async (bed) => {
        const seen = bed.wire.since(0);
        const missing = pairs.filter(({ director, real }) => {
          const link = bed.towards(director, real.address);
          const addresses = link.addresses.map((a) => a.address);
          return !seen.some(
            (p) =>
              'dst' in p &&
              p.dst === real.address &&
              addresses.includes(p.src) &&
              p.srcMac === link.mac &&
              sent.asks(p, real),
          );
        });
        return {
          ok: missing.length === 0,
          seen: tally(askedWords(bed, service, seen, sent)),
          evidence: lab.segments.map((s) => `${s.name}.pcap (${sent.filter})`),
        };
      },
    },
  ];
}

/**
 * Returns what directors asked real servers from their own addresses, in words: also what no health check should ask,
 * but not what those of other services do.
 */
function askedWords(bed: Bed, service: Service, packets: readonly Packet[], sent: Sent): readonly string[] {
  const { health, reals } = service;
  const others = new Set(
    bed.lab.services
      .filter((s) => s !== service)
      .flatMap((s) => s.reals.map((r) => endpoint(r.address, s.health ? checkedPort(s.health, r) : r.port))),
  );
  const own = new Set(directors(bed.lab).flatMap(addressesOf));
  return packets.flatMap((p) => {
    if (!('dst' in p) || !own.has(p.src)) return [];
    const real = reals.find((r) => r.address === p.dst);
    if (!real) return [];
    const from = `${bed.nameOfMac(p.srcMac)} (${p.src}) to`;
    if (p.kind === 'icmp') return sent.asks(p, real) ? [`${from} ${p.dst}`] : [];
    if (p.kind !== 'tcp' && p.kind !== 'udp') return [];
    const at = endpoint(p.dst, p.dstPort);
    if (health && p.dstPort !== checkedPort(health, real))
      return others.has(at) || (p.kind === 'tcp' && (!p.syn || p.ack)) ? [] : [`${from} ${at}`];
    const what = sent.said?.(p);
    if (what === '' || (what === undefined && !sent.asks(p, real))) return [];
    return [`${from} ${at}${what === undefined ? '' : `, ${what}`}`];
  });
}
