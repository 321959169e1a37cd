import { z } from 'zod';
import { eventually } from '../eventually.ts';
import { type Domain, isBgp } from '../model/bgp.ts';
import type { Lab } from '../model/lab.ts';
import { familyOf, nodeAt, nodeOf, serviceOf } from '../model/lookup.ts';
import { formatMs } from '../net/duration.ts';
import { CONNECT_S } from '../nodes/bgp-conf.ts';
import { retransmission, vipsOf } from '../nodes/domain.ts';
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
  const routes = read(
    ROUTES,
    router,
    await bed.run(router, ['ip', `-${familyOf(vip)}`, '-json', 'route', 'show', vip]),
  );
  const gateways = routes.flatMap((r) => r.nexthops?.map((h) => h.gateway) ?? [r.gateway]);
  return gateways.map((g) => nodeAt(bed.lab, g ?? '')?.name ?? `${g}`).sort();
}

/** Returns the directors whose BFD sessions with a router are up, according to FRR's bfdd. */
async function bfdUp(bed: Bed, router: string): Promise<readonly string[]> {
  const peers = read(BFD_PEERS, router, await bed.run(router, ['vtysh', '-c', 'show bfd peers json']));
  const up = peers.filter((p) => p.status === 'up').map((p) => p.peer);
  return up.flatMap((peer) => nodeAt(bed.lab, peer)?.name ?? []);
}

/** Milliseconds until BGP tries to connect for the first time (FRR's bgpd, BGP_INIT_START_TIMER). */
const BGP_START_MS = 1000;

/**
 * Returns the longest time until two neighbours that hear each other know each other's routes, in milliseconds. OSPF:
 * two hellos, and two retransmissions, until they have exchanged their databases (RFC 2328 §10, RxmtInterval). BGP: its
 * start, and two attempts to connect, because the first may meet the neighbour's own (RFC 4271 §6.8).
 */
export function joining(domain: Domain): Budget {
  if (isBgp(domain)) {
    const connect = CONNECT_S * 1000;
    return {
      ms: BGP_START_MS + 2 * connect,
      words: `BGP start ${formatMs(BGP_START_MS)} + 2 × connect ${formatMs(connect)}`,
    };
  }
  const [hello, again] = [domain.hello, retransmission(domain)];
  return {
    ms: 2 * hello + 2 * again,
    words: `2 × hello ${formatMs(hello)} + 2 × retransmission ${formatMs(again)}`,
  };
}

/**
 * Returns how long a change may take from one neighbour to the routes of the other. OSPF: announcements and route
 * calculations each happen at most once per interval (FRR: five seconds each). BGP has no interval of its own
 * (`advertisement-interval 0`).
 */
export function spreading(domain: Domain): Budget {
  return isBgp(domain)
    ? { ms: 0, words: 'BGP tells at once' }
    : { ms: 2 * domain.throttle, words: `LSA and SPF throttle 2 × ${formatMs(domain.throttle)}` };
}

/** Returns the name of a domain's protocol, as IDs of checks begin. */
export function protocolOf(domain: Domain): 'ospf' | 'bgp' {
  return isBgp(domain) ? 'bgp' : 'ospf';
}

/** Returns how long a neighbour that falls silent counts as alive. */
export function silence(domain: Domain): Budget {
  return isBgp(domain)
    ? { ms: domain.hold, words: `hold time ${formatMs(domain.hold)}` }
    : { ms: domain.dead, words: `dead interval ${formatMs(domain.dead)}` };
}

/**
 * Checks that every router of a domain sends each of its VIPs to exactly these directors, and that BFD watches them
 * where it should.
 */
export function nextHopsCheck(
  id: string,
  lab: Lab,
  domain: Domain,
  members: readonly string[],
  budget: Budget,
): CheckSpec {
  const vips = vipsOf(lab, domain);
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
        seen: `${seen.map((s) => `${s.router}: ${s.vip} to ${s.to || 'none'}`).join('; ')}${up.map((u) => `, BFD with ${[...u].sort().join(', ') || 'none'}`).join('')}, after ${formatMs(after)}`,
        figures: { nexthopsAfter: after },
      };
    },
  };
}

/**
 * Waits until every router sends each VIP of a domain to all its directors. Returns without an error when this takes
 * too long; `nextHopsCheck` then reports it.
 */
export async function routesSettle(bed: Bed, domain: Domain): Promise<void> {
  const within = 2 * (joining(domain).ms + spreading(domain).ms) + SCHEDULING_MARGIN_MS;
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
  domain: Domain,
  service: string,
  traffic: () => Promise<Traffic>,
  more: (count: number) => Promise<Traffic>,
): CheckSpec {
  return {
    id: `${protocolOf(domain)}.spread`,
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
