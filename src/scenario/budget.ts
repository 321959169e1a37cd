import { appOf } from '../apps/index.ts';
import { masterDownInterval, masterDownWords, skew, skewWords } from '../checks/adverts.ts';
import type { Budget } from '../checks/check.ts';
import { removalBudget, reunionBudget } from '../checks/health.ts';
import { joining, silence, spreading } from '../checks/routes.ts';
import { driverOf } from '../drivers/index.ts';
import { faults } from '../faults/index.ts';
import { type Move, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import { KERNEL } from '../faults/program.ts';
import type { Fault } from '../model/fault.ts';
import type { HealthCheck } from '../model/health.ts';
import type { Lab } from '../model/lab.ts';
import { bestOf, directors, instancesUnder, memberOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { formatMs } from '../net/duration.ts';

/**
 * Returns how long a backup may take to become master: it waits for silence, but not after a resignation (RFC 3768
 * §6.4.2, RFC 5798 §6.4.2).
 */
export function takeover({ vrrp, to, resigned, heart }: Move): Budget {
  const { priority } = memberOf(vrrp, to.name);
  const waits = resigned
    ? { ms: skew(vrrp, priority), words: `resigned: ${skewWords(vrrp, priority)}` }
    : { ms: masterDownInterval(vrrp, priority), words: masterDownWords(vrrp, priority) };
  return after(heart?.noticed, waits);
}

/** Adds a time that passes before, if there is one: the director itself must notice the fault, or start again. */
function after(first: Budget | undefined, then: Budget): Budget {
  return first ? { ms: first.ms + then.ms, words: `${first.words} + ${then.words}` } : then;
}

/** Returns how long routers may continue to send to a director that is gone: until they are notified, or notice it. */
export function withdrawal(left: Withdrawal): Budget {
  return after(left.heart?.noticed ?? slowestOf(left.quorum, quorumGone), leaving(left));
}

/** Returns the longest of the budgets of several services; undefined if there is none. */
function slowestOf(services: readonly Service[] = [], budget: (health: HealthCheck) => Budget): Budget | undefined {
  return services.flatMap(({ health }) => (health ? [budget(health)] : [])).sort((a, b) => b.ms - a.ms)[0];
}

/** Returns how long a director may take to notice that it reaches no real server any more: its checks get no answer. */
function quorumGone(health: HealthCheck): Budget {
  const silent = silentBudget(health);
  return { ms: silent.ms, words: `quorum lost: ${silent.words}` };
}

/** Returns how long a director may take to notice that it reaches its real servers again. */
function quorumBack(health: HealthCheck): Budget {
  return { ms: reunionBudget(health), words: `quorum gained: health check ${formatMs(reunionBudget(health))}` };
}

function leaving({ domain, told, seenByBfd }: Withdrawal): Budget {
  const { bfd } = domain;
  const spread = spreading(domain);
  if (told) return spread;
  if (bfd && seenByBfd)
    return after({ ms: bfd.misses * bfd.every, words: `BFD ${bfd.misses} × ${formatMs(bfd.every)}` }, spread);
  return after(silence(domain), spread);
}

/** Returns how long a director may take until routers send to it again. */
export function rejoining({ domain, heart, quorum }: Withdrawal): Budget {
  return after(heart?.returns ?? slowestOf(quorum, quorumBack), after(joining(domain), spreading(domain)));
}

/** Returns how long the better director may take to become master again after it is back. */
export function preemption({ vrrp, from, heart }: Move): Budget {
  const { priority } = memberOf(vrrp, from.name);
  const words = masterDownWords(vrrp, priority);
  return after(heart?.returns, {
    ms: masterDownInterval(vrrp, priority) + vrrp.preemptDelay,
    words: vrrp.preemptDelay > 0 ? `${words} + preempt_delay ${formatMs(vrrp.preemptDelay)}` : words,
  });
}

/**
 * Longest time for which a client continues to send to a director that has yielded, in milliseconds, if it receives no
 * announcement: its entry is valid for up to 45 s, stays in the delay state for 5 s, and is probed three times (arp(7):
 * base_reachable_time, delay_first_probe_time, ucast_solicit).
 */
const NEIGHBOUR_MS = 53_000;

/**
 * Returns how long clients may get no answer after the better director is back: the other one yields at its advert, and
 * then clients must be notified.
 */
export function handover(lab: Lab, fault: Fault, instances: readonly VrrpInstance[]): Budget {
  const [slowest] = [...instances].sort((a, b) => b.advert + b.refresh - a.advert - a.refresh);
  if (!slowest) return { ms: 0, words: 'a healing fault takes nothing away' };
  const advert = { ms: slowest.advert, words: `one advert, ${formatMs(slowest.advert)}` };
  if (!faults[fault.kind].returnsUnaware(fault, lab)) return advert;
  const told = instances.every((v) => v.refresh > 0)
    ? { ms: slowest.refresh, words: `garp_master_refresh ${formatMs(slowest.refresh)}` }
    : { ms: NEIGHBOUR_MS, words: `lifetime of a neighbour entry, ${formatMs(NEIGHBOUR_MS)}` };
  return { ms: advert.ms + told.ms, words: `${advert.words} + ${told.words}` };
}

/** Time after which a master announces its addresses again (keepalived.conf(5), garp_master_delay). */
const GARP_DELAY_MS = 5000;

/**
 * Returns the budget for crossed announcements: the director that yields was about to announce its addresses itself,
 * and did so after the better one. Clients send to it until the better one announces the addresses again.
 */
export function crossing(budget: Budget, yielding: string): Budget {
  return {
    ms: budget.ms + GARP_DELAY_MS,
    words: `${budget.words} + garp_master_delay ${formatMs(GARP_DELAY_MS)}, because ${yielding} announced its addresses again after that`,
  };
}

/**
 * Returns how long two directors that no longer hear each other take until both are masters, or, when they hear each
 * other again, until only one is.
 */
export function splitting(vrrp: VrrpInstance): Budget {
  const worst = Math.min(...vrrp.members.map((m) => m.priority));
  return { ms: masterDownInterval(vrrp, worst), words: masterDownWords(vrrp, worst) };
}

/** Returns the budget of a fault by which, and by whose end, no client may lose a request. */
export function sparing({ kind }: Fault): Budget | undefined {
  const words = faults[kind].spares;
  return words === undefined ? undefined : { ms: 0, words, lossless: true };
}

/**
 * Returns how long clients may get no answer while a fault is active; undefined if the configuration sets no limit (a
 * wire that loses frames, a director that starves): the outage is then reported, not judged.
 */
export function outageBudget(lab: Lab, service: Service, fault: Fault, moves: readonly Move[]): Budget | undefined {
  const spared = sparing(fault);
  if (spared) return spared;
  const withdrawals = withdrawalsOf(lab, fault)
    .filter((w) => w.domain.services.includes(service.name))
    .map(withdrawal);
  const own = instancesUnder(lab, service.name);
  const takeovers = moves.filter((m) => own.includes(m.vrrp)).map(takeover);
  const [slowest] = [...takeovers, ...withdrawals].sort((a, b) => b.ms - a.ms);
  const real = service.reals.some((r) => r.node === fault.node);
  if (slowest && real && !sparesServer(service, fault)) {
    // A director that is a real server itself: the others must notice both.
    const removal = serverBudget(service, fault);
    return removal && (removal.ms > slowest.ms ? removal : slowest);
  }
  if (slowest) return slowest;
  if (real) return serverBudget(service, fault);
  const bystander = lab.vrrp.length > 0 && lab.vrrp.every((v) => bestOf(v).every((m) => m.node !== fault.node));
  if (
    bystander &&
    faults[fault.kind].sparesBackup &&
    lab.vrrp.some((v) => v.members.some((m) => m.node === fault.node))
  )
    return { ms: 0, words: 'a backup carries no traffic' };
  return undefined;
}

/** Returns whether a fault leaves its node as a real server as it is: it hits a program that does not serve. */
function sparesServer(service: Service, { program }: Fault): boolean {
  return program !== undefined && program !== KERNEL && program !== appOf(service).program;
}

function serverBudget(service: Service, fault: Fault): Budget | undefined {
  const serving = faults[fault.kind].serving(fault);
  if (serving === 'keeps') return { ms: 0, words: 'a drained server keeps its connections' };
  const { health } = service;
  if (!health || (fault.program !== undefined && fault.program !== appOf(service).program)) return undefined;
  // The kernel answers a ping as long as the node runs and its wire carries frames.
  if (health.probe.kind === 'ping' && serving !== 'silent') return undefined;
  if (serving === 'refuses') return refusedBudget(health);
  // A TCP_CHECK succeeds as long as the kernel still opens connections.
  const unseen = serving === 'accepts' && health.probe.kind === 'tcp';
  if (serving === 'open' || unseen) return undefined;
  return silentBudget(health);
}

/** Returns how long a health check may take to remove a server that refuses connections. */
function refusedBudget(health: HealthCheck): Budget {
  const words = `every ${formatMs(health.every)} + ${health.retry} retries × ${formatMs(health.pause)}`;
  return { ms: removalBudget(health), words };
}

/** Returns how long a health check may take to remove a server that does not answer. */
export function silentBudget(health: HealthCheck): Budget {
  const { ms, words } = refusedBudget(health);
  const waits = health.retry + 1;
  return {
    ms: ms + waits * health.timeout,
    words: `${words} + ${waits} timeouts × ${formatMs(health.timeout)}`,
  };
}

/**
 * Returns how long a flow of datagrams from one port may get no answer, if clients in general may get none for `budget`:
 * longer if its real server leaves the table and a director then drops its packets until its entry expires. A server
 * that keeps a place with weight 0 (inhibit) keeps its flows.
 */
export function flowBudget(lab: Lab, service: Service, fault: Fault, budget: Budget): Budget {
  const { health, protocol } = service;
  const leaves = health !== undefined && service.reals.some((r) => r.node === fault.node) && budget.ms > 0;
  if (protocol !== 'udp' || !leaves) return budget;
  const balancers = directors(lab);
  if (balancers.every((d) => driverOf(d).movesFlows(d)) && !health.inhibit) return budget;
  if (health.inhibit)
    return { ms: Number.POSITIVE_INFINITY, words: 'a flow stays with its server, which keeps its place (inhibit)' };
  const expiry = Math.max(
    ...balancers.map((d) => (lab.timeouts?.udp ?? driverOf(d).timeouts.udp * 1000) + driverOf(d).forgetsLate),
  );
  return {
    ms: budget.ms + expiry,
    words: `${budget.words} + a flow’s entry expires ${formatMs(expiry)} (expire_nodest_conn is 0)`,
  };
}
