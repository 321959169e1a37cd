import { appOf } from '../apps/index.ts';
import { findEntry, rowOf } from '../drivers/entry.ts';
import type { Lab } from '../model/lab.ts';
import { askedPorts } from '../model/lookup.ts';
import type { Real, Service } from '../model/service.ts';
import { without } from './aside.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { SOURCES, withAddresses } from './many.ts';
import { tally } from './path.ts';
import { isReached, unreached } from './served.ts';
import { drive, type Stretch, servers, type Traffic, together } from './traffic.ts';

/** Number of connections to a real server that is alone in the table. */
const ALONE = 4;

/** Number of connections to each further port of a service that takes every port. */
const ELSEWHERE = 6;

function allAnswered(t: Traffic): boolean {
  return t.requests.every((r) => r.status === 200);
}

/**
 * Returns whether the client's address decides where a connection goes, so that other clients may reach other servers.
 */
function clientDecides(service: Service): boolean {
  return service.persistence !== undefined || (['sh', 'mh'].includes(service.scheduler) && !service.hashesPort);
}

/**
 * Returns how many clients are enough for each server to get some: a multiple of whole rounds for round-robin
 * schedulers, so that the next server in turn stays the same.
 */
function clients({ scheduler, reals }: Service): number {
  const weights = reals.map((r) => r.weight).filter((w) => w > 0);
  const turns = { rr: weights.length, wrr: weights.reduce((sum, w) => sum + w, 0) / weights.reduce(divisor, 0) };
  return Math.min(SOURCES, turns[scheduler as keyof typeof turns] ?? SOURCES);
}

/** Returns the greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * Sends traffic to every real server of a service. Schedulers and persistence may keep one client at one server, so if
 * the client's own requests missed some servers, more client addresses send requests too and are removed afterwards. If
 * a server is still not reached, it is briefly made the only one in the table on every director that carries the
 * service.
 */
export async function toEveryServer(bed: Bed, service: Service, name: string): Promise<Traffic> {
  const first = await drive(bed, service, name);
  const more: Traffic[] = [];
  for (const to of askedPorts(service).filter((port) => port !== service.port))
    more.push(await drive(bed, service, `${name}-port-${to}`, { to, count: ELSEWHERE }, `on port ${to}`));
  const missing = () => {
    const all = together(first, more);
    return allAnswered(all) ? unreached(bed.lab, service, all) : []; // else there is a failure to report already
  };
  if (missing().length > 0 && clientDecides(service))
    await withAddresses(bed, service, clients(service), async (sources) => {
      const asking = { sources, count: sources.length };
      const words = `from ${sources.length} more client addresses`;
      if (sources.length > 0) more.push(await drive(bed, service, `${name}-clients`, asking, words));
    });
  for (const real of missing()) {
    const stretch = await alone(bed, service, real, name);
    if (stretch) more.push(stretch);
  }
  return together(first, more);
}

/** Sends traffic while a real server is the only one in the tables; returns undefined if it is not in all of them. */
async function alone(bed: Bed, service: Service, real: Real, name: string): Promise<Traffic | undefined> {
  const names = bed.carriers(service).map((d) => d.name);
  const tables = await Promise.all(names.map((n) => bed.table(n)));
  const standing = (r: Real) =>
    tables.every((t) => {
      const found = findEntry(t, service);
      return found !== undefined && rowOf(found.entry, r) !== undefined;
    });
  if (!standing(real)) return undefined;
  const others = service.reals.filter((r) => r !== real && r.weight > 0 && standing(r));
  const words = `with ${real.node} briefly the only server in the table of ${names.join(' and ')}`;
  return without(bed, service, others, 'removed', () =>
    drive(bed, service, `${name}-${real.node}`, { count: ALONE }, words),
  );
}

/**
 * Checks that every real server with a weight gets connections, and that they are answered; the promise names the
 * servers that get none, and why.
 */
export function reachCheck(lab: Lab, service: Service, traffic: () => Promise<Traffic>): CheckSpec {
  const takers = service.reals.filter((r) => r.weight > 0).map((r) => r.node);
  const idle = service.reals.filter((r) => r.weight === 0);
  const { sorry } = service;
  return {
    id: 'service.reach',
    subject: service.name,
    promise: [
      `connections reach ${takers.join(' and ') || 'no real server'}`,
      ...idle.map((r) => `${r.node} has weight 0 and gets no connection`),
      ...(sorry ? [`${sorry.node} is the sorry server and gets no connection while the service has its quorum`] : []),
    ].join('; '),
    within: 0,
    every: 0,
    look: async () => {
      const t = await traffic();
      const missing = unreached(lab, service, t);
      const wrong = idle.filter((r) => isReached(lab, service, t, r));
      return {
        ok: missing.length === 0 && wrong.length === 0 && allAnswered(t),
        seen: [
          ...t.stretches.map((s) => `${s.words}: ${stretchWords(service, s)}`),
          ...missing.map((r) => `no request reached ${r.node}`),
          ...wrong.map((r) => `${r.node} was reached`),
        ].join('; '),
        evidence: t.evidence,
      };
    },
  };
}

/** Describes which servers answered; a server that only sends a banner does not identify itself. */
function stretchWords(service: Service, { requests }: Stretch): string {
  const answered = servers(requests);
  return `${appOf(service).tells ? tally(answered) : `${answered.length} answered`} of ${requests.length}`;
}
