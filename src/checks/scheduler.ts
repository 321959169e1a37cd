import { appOf } from '../apps/index.ts';
import type { Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import { CannotObserve } from '../plan/hand.ts';
import { without } from './aside.ts';
import type { Bed } from './bed.ts';
import { enoughFor, mostOf } from './chance.ts';
import type { CheckSpec, Observation } from './check.ts';
import { hold } from './hold.ts';
import { fromMany } from './many.ts';
import { judged, tally } from './path.ts';
import { arrivals, ask, REQUESTS, type Request, servers, type Traffic } from './traffic.ts';

/** Number of connections that may break a turn: another client's connection in between takes one. */
const TOLERANCE = 1;
/** Number of rounds of a weighted turn that are observed. */
const ROUNDS = 4;
/**
 * The probability that mh moves a client of a server that stays when another is removed (Maglev hashing is not
 * minimal): in simulations of tables with 4093 entries and three to ten servers it was 1 % on average and 6.3 % at
 * worst. With `MH_CLIENTS` clients, few enough move to be distinguished from a hash that starts anew.
 */
export const MH_MOVES = 0.07;
export const MH_CLIENTS = 128;

/** Returns the real servers that a scheduler may choose. */
function takers(service: Service) {
  return service.reals.filter((r) => r.weight > 0);
}

/** Returns after how many connections, or clients, a hash has reached all of a service's real servers (`enoughFor`). */
export function hashesTo(service: Service): number {
  return enoughFor(takers(service).map((r) => r.weight));
}

/**
 * Returns the checks of what each scheduler promises (ipvsadm(8), -s). Checks of schedulers that count connections hold
 * them open, one after the other from an empty table, so that each choice can be predicted exactly.
 */
export function schedulerChecks(service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
  if (service.scheduler !== 'rr' || service.persistence || !appOf(service).tells) return [];
  return [
    judged(
      'scheduler.rr',
      service,
      `${service.reals.map((r) => r.node).join(', ')} take turns; at most ${TOLERANCE} connection is out of turn`,
      traffic,
      (bed, t) => {
        const order = servers(t.stretches[0].requests);
        const all = service.reals.every((r) => order.includes(r.node));
        // Each director takes turns independently.
        const worst = Math.max(...byDirector(bed, service, t).map((own) => outOfTurn(own, service.reals.length)));
        return {
          ok: all && worst <= TOLERANCE,
          seen: `${tally(order)}, ${worst} out of turn`,
          evidence: t.evidence,
        };
      },
    ),
  ];
}

/**
 * Returns the servers that answered, by the director that chose them: with several directors, the one whose card
 * delivered the connection.
 */
function byDirector(bed: Bed, service: Service, t: Traffic): readonly (readonly string[])[] {
  const { requests } = t.stretches[0];
  if (t.directors.length === 1) return [servers(requests)];
  const by = new Map(
    arrivals(bed.lab, service, t.packets).map((p) => [endpoint(p.src, p.srcPort), bed.nameOfMac(p.srcMac)]),
  );
  // A name server does not say which client it saw.
  const from = (r: Request) => r.seenClient || endpoint(r.source, r.port);
  return t.directors.map((d) => servers(requests.filter((r) => by.get(from(r)) === d.name)));
}

/** Returns how many connections went to one of the servers of the last n-1 connections. */
function outOfTurn(order: readonly string[], turns: number): number {
  return order.filter((server, i) => order.slice(Math.max(0, i - turns + 1), i).includes(server)).length;
}

/**
 * Returns the checks of schedulers that need their own traffic: they run one after the other, without other traffic.
 */
export function schedulerTrials(service: Service): readonly CheckSpec[] {
  const trial = service.hashesPort ? byConnection : TRIALS[service.scheduler];
  if (!trial || service.persistence || !appOf(service).tells || service.protocol === 'udp' || service.reals.length < 2)
    return [];
  return [
    {
      id: `scheduler.${service.scheduler}`,
      subject: service.name,
      promise: trial.promise(service),
      within: 0,
      every: 0,
      look: (bed) => trial.look(bed, service),
    },
  ];
}

function namesOf(reals: Service['reals']): string {
  return reals.map((r) => r.node).join(', ');
}

interface Trial {
  readonly promise: (service: Service) => string;
  readonly look: (bed: Bed, service: Service) => Promise<Observation>;
}

function count(values: readonly string[], value: string): number {
  return values.filter((v) => v === value).length;
}

/** Opens and holds connections one after the other, and returns the server of each. */
async function held(bed: Bed, service: Service, n: number): Promise<string[]> {
  const requests = await hold(bed, service, { count: n });
  if (requests.length < n) throw new CannotObserve(`only ${requests.length} of ${n} connections were opened`);
  return servers(requests);
}

/**
 * Predicts where each of n connections goes if the server with the least cost is chosen each time, the first one of
 * equals.
 */
function foretell(service: Service, n: number, cost: (active: number, weight: number) => number): Map<string, number> {
  const active = new Map(service.reals.map((r) => [r.node, 0]));
  for (let i = 0; i < n; i++) {
    let best: { node: string; cost: number } | undefined;
    for (const r of service.reals) {
      const c = r.weight === 0 ? Number.POSITIVE_INFINITY : cost(active.get(r.node) ?? 0, r.weight);
      if (!best || c < best.cost) best = { node: r.node, cost: c };
    }
    if (best) active.set(best.node, (active.get(best.node) ?? 0) + 1);
  }
  return active;
}

/**
 * A scheduler that counts: held connections are distributed as predicted, except one that a tie may give to another
 * server.
 */
function counting(what: string, cost: (active: number, weight: number) => number): Trial {
  const amount = (service: Service) =>
    ROUNDS * service.reals.reduce((sum, r) => sum + Math.max(1, Math.min(r.weight, 8)), 0);
  return {
    promise: (s) =>
      `${amount(s)} held connections are distributed by ${what}: ${[...foretell(s, amount(s), cost)].map(([node, n]) => `${node} ${n}`).join(', ')}, each ±${TOLERANCE}`,
    look: async (bed, service) => {
      const n = amount(service);
      const seen = await held(bed, service, n);
      const wanted = foretell(service, n, cost);
      return {
        ok: seen.length === n && [...wanted].every(([node, w]) => Math.abs(count(seen, node) - w) <= TOLERANCE),
        seen: tally(seen),
      };
    },
  };
}

/**
 * A scheduler that also hashes the client's port: every connection differs, so one client's connections spread over all
 * servers.
 */
const byConnection: Trial = {
  promise: (s) =>
    `the client's port is hashed too: of ${hashesTo(s)} connections of one client each of ${namesOf(takers(s))} gets some`,
  look: async (bed, service) => {
    const count = hashesTo(service);
    const seen = servers(await ask(bed, service, { count }));
    return {
      ok: seen.length === count && takers(service).every((r) => seen.includes(r.node)),
      seen: tally(seen),
    };
  },
};

/**
 * A scheduler that hashes the client's address: a client always gets the same server, and every server gets clients.
 */
const bySource: Trial = {
  promise: (s) =>
    `each of ${hashesTo(s)} clients is always sent to the same server, and each of ${namesOf(takers(s))} has clients`,
  look: async (bed, service) => {
    const seen = await fromMany(bed, service, hashesTo(service), 2);
    const fickle = [...seen.values()].filter((s) => new Set(s).size !== 1).length;
    const first = [...seen.values()].map((s) => s[0] ?? '');
    return {
      ok: fickle === 0 && takers(service).every((r) => first.includes(r.node)),
      seen: `${tally(first)}; ${fickle} clients were sent to two servers`,
    };
  },
};

const byDestination: Trial = {
  promise: (s) =>
    `the destination decides: ${REQUESTS} connections to ${endpoint(s.vip, s.port)} all go to the same server`,
  look: async (bed, service) => {
    const seen = servers(await ask(bed, service, {}));
    return { ok: seen.length === REQUESTS && new Set(seen).size === 1, seen: tally(seen) };
  },
};

/** Locality: one destination stays with one server until that server has more connections than its weight. */
const locality: Trial = {
  promise: (s) =>
    `connections to ${s.vip} stay with one server until it holds more than its weight (${s.reals[0]?.weight}), then the next one is used too`,
  look: async (bed, service) => {
    const weight = service.reals[0]?.weight ?? 1;
    const seen = await held(bed, service, 2 * (weight + 1));
    const run = seen.findIndex((s) => s !== seen[0]);
    return {
      ok: seen.length === 2 * (weight + 1) && run === weight + 1,
      seen: `${run < 0 ? seen.length : run} to ${seen[0]}, then ${tally(seen.slice(run < 0 ? seen.length : run))}`,
    };
  },
};

const maglev: Trial = {
  promise: (s) =>
    `each of ${MH_CLIENTS} clients stays with its server; when ${s.reals.at(-1)?.node} is removed, its clients move, and at most ${MH_MOVES * 100} % of the others (plus the margin for chance)`,
  look: async (bed, service) => {
    const gone = service.reals.at(-1)?.node ?? '';
    const before = await fromMany(bed, service, MH_CLIENTS, 2);
    const after = await without(bed, service, service.reals.slice(-1), 'removed', () =>
      fromMany(bed, service, MH_CLIENTS, 1),
    );
    const fickle = [...before.values()].filter((s) => new Set(s).size !== 1).length;
    const others = [...before].filter(([, s]) => s[0] !== gone);
    const moved = others.filter(([source, s]) => after.get(source)?.[0] !== s[0]).length;
    const orphans = before.size - others.length;
    const most = mostOf(others.length, MH_MOVES);
    return {
      ok: fickle === 0 && orphans > 0 && moved <= most && ![...after.values()].flat().includes(gone),
      seen: `${tally([...before.values()].map((s) => s[0] ?? ''))}; ${fickle} changed servers; without ${gone}: its ${orphans} clients moved, and ${moved} of ${others.length} others (at most ${most})`,
    };
  },
};

const failover: Trial = {
  promise: (s) => {
    const [first, second] = byWeight(s);
    return `all connections go to ${first?.node}, which has the highest weight; without it all go to ${second?.node}`;
  },
  look: async (bed, service) => {
    const [first, second] = byWeight(service);
    const before = servers(await ask(bed, service, {}));
    const after = await without(bed, service, first ? [first] : [], 'drained', async () =>
      servers(await ask(bed, service, {})),
    );
    const only = (seen: readonly string[], node: string | undefined) =>
      seen.length === REQUESTS && seen.every((s) => s === node);
    return {
      ok: only(before, first?.node) && only(after, second?.node),
      seen: `${tally(before)}; without ${first?.node}: ${tally(after)}`,
    };
  },
};

function byWeight(service: Service) {
  return [...service.reals].sort((a, b) => b.weight - a.weight);
}

const overflow: Trial = {
  promise: (s) => {
    const [first, second] = byWeight(s);
    return `held connections go to ${first?.node} until it holds more than its weight (${first?.weight}), then to ${second?.node}`;
  },
  look: async (bed, service) => {
    const [first, second] = byWeight(service);
    const weight = first?.weight ?? 1;
    const seen = await held(bed, service, weight + 2);
    return {
      ok: seen.slice(0, weight + 1).every((s) => s === first?.node) && seen[weight + 1] === second?.node,
      seen: `${tally(seen.slice(0, weight + 1))}, then ${tally(seen.slice(weight + 1))}`,
    };
  },
};

const weighted: Trial = {
  promise: (s) =>
    `connections are shared by weight: in ${ROUNDS} rounds ${s.reals.map((r) => `${r.node} ${ROUNDS * r.weight}`).join(', ')}, each ±${TOLERANCE}`,
  look: async (bed, service) => {
    const n = ROUNDS * service.reals.reduce((sum, r) => sum + r.weight, 0);
    const seen = servers(await ask(bed, service, { count: n }));
    return {
      ok:
        seen.length === n && service.reals.every((r) => Math.abs(count(seen, r.node) - ROUNDS * r.weight) <= TOLERANCE),
      seen: tally(seen),
    };
  },
};

const neverQueue: Trial = {
  promise: (s) =>
    `no connection waits while a server is idle: the first ${s.reals.length} held ones go to ${s.reals.length} servers`,
  look: async (bed, service) => {
    const seen = await held(bed, service, service.reals.length);
    return { ok: new Set(seen).size === service.reals.length, seen: seen.join(', ') };
  },
};

const TRIALS: Readonly<Record<string, Trial>> = {
  wrr: weighted,
  lc: counting('least connections', (active) => active),
  wlc: counting('least connections for their weight', (active, weight) => active / weight),
  sed: counting('shortest expected delay', (active, weight) => (active + 1) / weight),
  nq: neverQueue,
  lblc: locality,
  lblcr: locality,
  dh: byDestination,
  sh: bySource,
  mh: maglev,
  conhash: maglev,
  fo: failover,
  ovf: overflow,
};
