import { z } from 'zod';
import { eventually } from '../eventually.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, nodeOf, serviceOf } from '../model/lookup.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { formatMs } from '../net/duration.ts';
import { retransmission } from '../nodes/frr-conf.ts';
import { CannotObserve } from '../plan/hand.ts';
import { readSaid } from '../said.ts';
import { SCHEDULING_MARGIN_MS } from './adverts.ts';
import type { Bed } from './bed.ts';
import { enoughFor } from './chance.ts';
import type { Budget, CheckSpec } from './check.ts';
import { tally } from './path.ts';
import { arrivals, type Traffic } from './traffic.ts';

const GATEWAY = { gateway: z.string().optional() };
const ROUTES = z.array(z.object({ ...GATEWAY, nexthops: z.array(z.object(GATEWAY)).optional() }));
const BFD_PEERS = z.array(z.object({ peer: z.string(), status: z.string() }));

/** Reads a router program's output as a list of a shape. Throws CannotObserve if it is not one. */
function read<T>(shape: z.ZodType<T[]>, router: string, text: string): T[] {
  const list = text.trim() === '' ? [] : readSaid(shape, text);
  if (!list) throw new CannotObserve(`${router} lists its routes in a form that is not understood`);
  return list;
}

/** Returns the directors to which a router's kernel sends a VIP, by its routing table (ip-route(8)). */
export async function nextHops(bed: Bed, router: string, vip: string): Promise<readonly string[]> {
  const routes = read(ROUTES, router, await bed.run(router, ['ip', '-json', 'route', 'show', vip]));
  const gateways = routes.flatMap((r) => r.nexthops?.map((h) => h.gateway) ?? [r.gateway]);
  return gateways.map((g) => bed.lab.nodes.find((n) => addressesOf(n).includes(g ?? ''))?.name ?? `${g}`).sort();
}

/** Returns the directors whose BFD sessions with a router are up, according to FRR's bfdd. */
async function bfdUp(bed: Bed, router: string): Promise<readonly string[]> {
  const peers = read(BFD_PEERS, router, await bed.run(router, ['vtysh', '-c', 'show bfd peers json']));
  const up = peers.filter((p) => p.status === 'up').map((p) => p.peer);
  return bed.lab.nodes.filter((n) => addressesOf(n).some((a) => up.includes(a))).map((n) => n.name);
}

/**
 * Returns the longest time until two neighbours that hear each other have exchanged their databases, in milliseconds:
 * two hellos, and two retransmissions (RFC 2328 §10, RxmtInterval).
 */
export function adjacency(domain: OspfDomain): number {
  return 2 * domain.hello + 2 * retransmission(domain);
}

/** Returns the same as arithmetic, for a report. */
export function adjacencyWords(domain: OspfDomain): string {
  return `2 × hello ${formatMs(domain.hello)} + 2 × retransmission ${formatMs(retransmission(domain))}`;
}

/**
 * Checks that every router of a domain sends each of its VIPs to exactly these directors, and that BFD watches them
 * where it should.
 */
export function nextHopsCheck(
  id: string,
  lab: Lab,
  domain: OspfDomain,
  members: readonly string[],
  budget: Budget,
): CheckSpec {
  const vips = [...new Set(domain.services.map((s) => serviceOf(lab, s).vip))];
  const wanted = [...members].sort().join(', ');
  const began = performance.now();
  return {
    id,
    subject: domain.name,
    promise: `${domain.routers.join(' and ')} routes ${vips.join(' and ')} to ${members.join(' and ') || 'none'} within ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(SCHEDULING_MARGIN_MS)}`,
    within: budget.ms + SCHEDULING_MARGIN_MS,
    every: 50,
    look: async (bed) => {
      const seen = await Promise.all(
        domain.routers.flatMap((router) =>
          vips.map(async (vip) => ({ router, vip, to: (await nextHops(bed, router, vip)).join(', ') })),
        ),
      );
      const up = domain.bfd ? await Promise.all(domain.routers.map((router) => bfdUp(bed, router))) : [];
      const after = performance.now() - began;
      return {
        ok: seen.every((s) => s.to === wanted) && up.every((u) => members.every((m) => u.includes(m))),
        seen: `${seen.map((s) => `${s.router}: ${s.vip} to ${s.to || 'none'}`).join('; ')}${up.map((u) => `, BFD with ${u.join(', ') || 'none'}`).join('')}, after ${formatMs(after)}`,
        figures: { nexthopsAfter: after },
      };
    },
  };
}

/**
 * Waits until every router sends each VIP of a domain to all its directors. Returns without an error when this takes
 * too long; `nextHopsCheck` then reports it.
 */
export async function routesSettle(bed: Bed, domain: OspfDomain): Promise<void> {
  const within = 2 * (adjacency(domain) + 2 * domain.throttle) + SCHEDULING_MARGIN_MS;
  const { look } = nextHopsCheck('', bed.lab, domain, domain.members, { ms: within, words: '' });
  const all = async () => {
    const seen = await look(bed).catch((error: unknown) => {
      if (error instanceof CannotObserve) return undefined;
      throw error;
    });
    return seen?.ok ? true : undefined;
  };
  await eventually(all, { within, every: 50, signal: bed.signal });
}

/**
 * Checks that every director which announces a VIP gets some of its connections. A hash of addresses and ports chooses
 * among equal-cost paths: if the first connections miss a director, enough more are opened that chance alone does not
 * explain a miss (`enoughFor`).
 */
export function spreadCheck(
  lab: Lab,
  domain: OspfDomain,
  service: string,
  traffic: () => Promise<Traffic>,
  more: (count: number) => Promise<Traffic>,
): CheckSpec {
  return {
    id: 'ospf.spread',
    subject: service,
    promise: `connections are spread over ${domain.members.join(' and ')}`,
    within: 0,
    every: 0,
    look: async (bed) => {
      const parts = [await traffic()];
      const by = () =>
        parts
          .flatMap((t) => arrivals(lab, serviceOf(lab, service), t.packets))
          .map((packet) => bed.nameOfMac(packet.srcMac));
      const all = () => domain.members.every((m) => by().includes(nodeOf(lab, m).name));
      if (!all()) parts.push(await more(enoughFor(domain.members.map(() => 1))));
      return { ok: all(), seen: tally(by()), evidence: parts.flatMap((t) => t.evidence) };
    },
  };
}
