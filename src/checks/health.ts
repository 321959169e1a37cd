import { addressesOf, directors } from '../lab/lookup.ts';
import type { HealthCheck, Lab, Service } from '../lab/model.ts';
import { endpoint } from '../net/cidr.ts';
import { SCHEDULING_MARGIN_MS } from './adverts.ts';
import type { CheckSpec } from './check.ts';
import { tally } from './path.ts';

/**
 * The longest that a stopped program can stay in the table, in milliseconds: a whole interval
 * until the next check, then the retries. Its host refuses at once, so no connect timeout comes in.
 */
export function removalBudget(health: HealthCheck): number {
  return health.every + health.retry * health.pause;
}

/** The longest that a started program can stay out of the table, in milliseconds. */
export function returnBudget(health: HealthCheck): number {
  return health.every;
}

/**
 * The longest that servers stay out of the table of a director that did not reach them for a while, in
 * milliseconds: what it was at when the wire came back, then a whole interval.
 */
export function reunionBudget(health: HealthCheck): number {
  return health.timeout + health.pause + health.every;
}

/** Every director checks every real server on the right port, under its own address. */
export function healthTrafficCheck(lab: Lab, service: Service, health: HealthCheck): CheckSpec {
  const pairs = directors(lab).flatMap((d) => service.reals.map((r) => ({ director: d, real: r })));
  return {
    id: 'health.check',
    subject: service.name,
    promise: `${directors(lab)
      .map((d) => d.name)
      .join(
        ' and ',
      )} connect to ${service.reals.map((r) => endpoint(r.address, health.port)).join(' and ')} under their own addresses, not a LIP`,
    within: removalBudget(health) + SCHEDULING_MARGIN_MS,
    every: 100,
    look: async (bed) => {
      const seen = bed.wire
        .since(0)
        .filter((p) => p.kind === 'tcp')
        .filter((p) => p.syn && !p.ack && service.reals.some((r) => r.address === p.dst));
      const missing = pairs.filter(({ director, real }) => {
        const own = bed.towards(director, real.address);
        const addresses = own.addresses.map((a) => a.address);
        return !seen.some(
          (p) =>
            addresses.includes(p.src) && p.srcMac === own.mac && p.dst === real.address && p.dstPort === health.port,
        );
      });
      const own = new Set(directors(lab).flatMap(addressesOf));
      const checks = seen
        .filter((p) => own.has(p.src))
        .map((p) => `${bed.nameOfMac(p.srcMac)} (${p.src}) to ${endpoint(p.dst, p.dstPort)}`);
      return {
        ok: missing.length === 0,
        seen: tally(checks),
        evidence: lab.segments.map((s) => `${s.name}.pcap (tcp.flags.syn == 1 && tcp.dstport == ${health.port})`),
      };
    },
  };
}
