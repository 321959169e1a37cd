import { appOf } from '../apps/index.ts';
import { masterDownInterval, masterDownWords, skew, skewWords } from '../checks/adverts.ts';
import type { Budget } from '../checks/check.ts';
import { removalBudget } from '../checks/health.ts';
import { adjacency, adjacencyWords } from '../checks/routes.ts';
import { faults } from '../faults/index.ts';
import { type Move, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import { instancesUnder, memberOf } from '../model/lookup.ts';
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
  return after(left.heart?.noticed, leaving(left));
}

function leaving({ domain, told, seenByBfd }: Withdrawal): Budget {
  const { bfd, dead, throttle } = domain;
  // Announcements and route calculations each happen at most once per interval (FRR: five seconds each).
  const flood = 2 * throttle;
  const words = `LSA and SPF throttle 2 × ${formatMs(throttle)}`;
  if (told) return { ms: flood, words };
  if (bfd && seenByBfd)
    return { ms: bfd.misses * bfd.every + flood, words: `BFD ${bfd.misses} × ${formatMs(bfd.every)} + ${words}` };
  return { ms: dead + flood, words: `dead interval ${formatMs(dead)} + ${words}` };
}

/** Returns how long a director may take until routers send to it again. */
export function rejoining({ domain, heart }: Withdrawal): Budget {
  return after(heart?.returns, {
    ms: adjacency(domain) + 2 * domain.throttle,
    words: `${adjacencyWords(domain)} + LSA and SPF throttle 2 × ${formatMs(domain.throttle)}`,
  });
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

/**
 * Returns how long clients may get no answer while a fault is active; undefined if the configuration sets no limit (a
 * wire that loses frames, a director that starves): the outage is then reported, not judged.
 */
export function outageBudget(lab: Lab, service: Service, fault: Fault, moves: readonly Move[]): Budget | undefined {
  const withdrawals = withdrawalsOf(lab, fault)
    .filter((w) => w.domain.services.includes(service.name))
    .map(withdrawal);
  const own = instancesUnder(lab, service.name);
  const takeovers = moves.filter((m) => own.includes(m.vrrp)).map(takeover);
  const [slowest] = [...takeovers, ...withdrawals].sort((a, b) => b.ms - a.ms);
  if (slowest) return slowest;
  const real = service.reals.some((r) => r.node === fault.node);
  if (real) return serverBudget(service, fault);
  const bystander = lab.vrrp.length > 0 && lab.vrrp.every((v) => v.members[0]?.node !== fault.node);
  if (
    bystander &&
    faults[fault.kind].sparesBackup &&
    lab.vrrp.some((v) => v.members.some((m) => m.node === fault.node))
  )
    return { ms: 0, words: 'a backup carries no traffic' };
  return undefined;
}

function serverBudget(service: Service, fault: Fault): Budget | undefined {
  const serving = faults[fault.kind].serving(fault);
  if (serving === 'keeps') return { ms: 0, words: 'a drained server keeps its connections' };
  const { health } = service;
  if (!health || (fault.program !== undefined && fault.program !== appOf(service).program)) return undefined;
  const refused = removalBudget(health);
  const words = `every ${formatMs(health.every)} + ${health.retry} retries × ${formatMs(health.pause)}`;
  if (serving === 'refuses') return { ms: refused, words };
  // A TCP_CHECK succeeds as long as the kernel still opens connections.
  const unseen = serving === 'accepts' && health.probe.kind === 'tcp';
  if (serving === 'open' || unseen) return undefined;
  return {
    ms: refused + (health.retry + 1) * health.timeout,
    words: `${words} + ${health.retry + 1} timeouts × ${formatMs(health.timeout)}`,
  };
}
