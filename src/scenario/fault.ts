import { masterOf, masterSettles, SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import type { CheckSpec } from '../checks/check.ts';
import { reunionBudget } from '../checks/health.ts';
import { nextHopsCheck, routesSettle } from '../checks/routes.ts';
import { tableChecks } from '../checks/table.ts';
import { announceCheck, crossed, takeoverCheck } from '../checks/takeover.ts';
import { faults } from '../faults/index.ts';
import { type Move, movesOf, splitBy, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import { heal, inject } from '../faults/standing.ts';
import { instancesUnder, macsOf, serviceOf } from '../lab/lookup.ts';
import type { FaultStep, VrrpInstance } from '../lab/model.ts';
import { formatMs } from '../net/duration.ts';
import {
  crossing,
  handover,
  preemption,
  rejoining,
  returnsInSilence,
  splitting,
  takeover,
  withdrawal,
} from './budget.ts';
import type { StepContext } from './context.ts';
import { expectationCheck } from './expect.ts';
import { budgetOf, idOf, isBounded, OVERTIME_MS, type Run } from './fault-run.ts';
import { measure } from './outage.ts';
import { type Probe, Probes } from './probe.ts';
import { serverIsIn, serversListen, serviceAnswers } from './ready.ts';
import { clientsKnown, judgeSticking } from './sticking.ts';
import { judgeOutage, lost, tell } from './verdict.ts';

/** Longest until a lab that has just come up answers: elections, programs that start, checks that take servers in. */
const STEADY_AT_FIRST_MS = 30_000;

/** And until one that came back answers steadily. */
const STEADY_AGAIN_MS = 5000;

/** How long a service is watched under a fault of which clients may notice nothing. */
const WATCH_MS = 3000;

/** How long an open connection may be silent after the service is back: its retransmissions have backed off. */
const FLOW_MS = 6000;

/** Makes a fault, watches what becomes of the service, heals it, and watches the return. */
export async function faultStep(context: StepContext, step: FaultStep): Promise<void> {
  for (let run = 1; run <= step.repeat; run++)
    await once(context, step, step.repeat > 1 ? `${context.slug}-${run}` : context.slug);
}

async function once(context: StepContext, step: FaultStep, slug: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, step.service);
  context.again();
  await serversListen(bed, service);
  await serverIsIn(bed, service, step.fault.node);
  // Who should be master is: only then does the fault take anything from it.
  const instances = [...instancesUnder(bed.lab, service.name), ...movesOf(bed.lab, step.fault).map((m) => m.vrrp)];
  await Promise.all([...new Set(instances)].map((vrrp) => masterSettles(bed, vrrp)));
  const domains = bed.lab.ospf.filter((o) => o.services.includes(service.name));
  await Promise.all(domains.map((domain) => routesSettle(bed, domain)));
  // A connection that is held is made once.
  await serviceAnswers(bed, service);
  const moves = movesOf(bed.lab, step.fault, (vrrp) => masterOf(bed, vrrp));
  const [made, healed] = faults[step.fault.kind].words(step.fault);
  const run: Run = { context, step, slug, service, moves, stands: false };
  // A probe for each half: the connection that is held through the return must have been there before it.
  await context.attempt(idOf(moves, 'fault'), service.name, made, async () => {
    const known = step.sticks ? await clientsKnown(run) : undefined;
    await probed(run, 'loss', STEADY_AT_FIRST_MS, (probes) => strike(run, probes));
    if (known) await judgeSticking(run, known);
  });
  await context.attempt(idOf(moves, 'heal'), service.name, healed, () =>
    // While nothing bounds what clients notice, they may well notice it still.
    probed(run, 'return', isBounded(run) ? STEADY_AGAIN_MS : 0, (probes) => regain(run, probes)),
  );
  // Whatever could not be observed: what was made is undone.
  if (run.stands) await heal(bed, step.fault, context.bootDeadline);
}

async function probed(
  { context, step, service, slug }: Run,
  half: string,
  steadyWithin: number,
  work: (probes: readonly Probe[]) => Promise<void>,
): Promise<void> {
  const probes = await Probes.start(context.bed, service, step, `${slug}-${half}`, steadyWithin);
  try {
    await work(probes.each);
  } finally {
    probes.stop();
  }
}

async function strike(run: Run, probes: readonly Probe[]): Promise<void> {
  const { context, step, moves, slug } = run;
  const { bed } = context;
  const { fault } = step;
  run.stands = true;
  bed.stalls.leave(fault.node);
  const at = await inject(bed, fault);
  context.fault(faults[fault.kind].words(fault)[0], at);
  const budget = budgetOf(run);
  if (moves[0]) context.wait(`${moves[0].to.name} to take over, at most ${formatMs(takeover(moves[0]).ms)}`);
  await context.check(
    moves.flatMap((move) => [
      takeoverCheck('failover.master', move.vrrp, move.to, move.from, at, takeover(move)),
      announceCheck('failover.garp', move.vrrp, move.to, at, takeover(move)),
    ]),
  );
  await context.check(
    withdrawalsOf(bed.lab, fault).map((w) =>
      nextHopsCheck('failover.nexthops', bed.lab, w.domain, rest(w), withdrawal(w)),
    ),
  );
  for (const vrrp of splitBy(bed.lab, fault))
    await context.check([
      expectationCheck(
        bed.lab,
        {
          kind: 'master',
          nodes: [fault.node, fault.other ?? ''],
          instance: vrrp.name,
          within: splitting(vrrp).ms + SCHEDULING_MARGIN_MS,
          every: 20,
          lasts: 0,
        },
        slug,
      ),
    ]);
  for (const [i, e] of step.during.entries())
    await context.check([expectationCheck(bed.lab, e, `${slug}-during-${i + 1}`)]);
  if (step.outage === 'lasts') {
    await Promise.all(probes.map((probe) => lost(run, probe, at)));
    return;
  }
  // What was asked before all had changed that changes tells nothing.
  const settled = Math.max(at, bed.wire.newest);
  const watch = async (probe: Probe) => {
    // Where no loss is bounded from below, its absence is told by watching.
    if (budget === undefined || budget.ms === 0) await probe.watched(at + WATCH_MS * 1000, bed.signal);
    if (budget) await probe.steady(settled, budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
    if (step.flow || step.flows > 1) await probe.heldTold(told(probe, at, settled), FLOW_MS, bed.signal);
  };
  await Promise.all(probes.map(watch));
  for (const probe of probes) {
    const o = measure(probe.samples, at, settled);
    if (budget) await judgeOutage(run, 'fault', o, budget, probe, at);
    else tell(run, o, probe);
  }
}

async function regain(run: Run, probes: readonly Probe[]): Promise<void> {
  const { context, step, service, moves, slug } = run;
  const { bed } = context;
  const from = bed.wire.newest;
  context.wait(`${faults[step.fault.kind].words(step.fault)[1]}`);
  const ready = await heal(bed, step.fault, context.bootDeadline);
  run.stands = false;
  await bed.stalls.watch();
  context.fault(faults[step.fault.kind].words(step.fault)[1], ready);
  const back = moves.filter((m) => m.vrrp.preempt);
  if (back.length > 0) context.wait(`${back[0]?.from.name} to preempt`);
  await context.check([
    ...back.flatMap((move) => [
      takeoverCheck('return.master', move.vrrp, move.from, move.to, ready, preemption(move)),
      ...announced(bed, step, move, ready),
    ]),
    ...splitBy(bed.lab, step.fault).map((vrrp) => reunited(bed, vrrp, slug)),
    ...withdrawalsOf(bed.lab, step.fault).map((w) =>
      nextHopsCheck('return.nexthops', bed.lab, w.domain, w.domain.members, rejoining(w)),
    ),
    ...(moves.length > 0
      ? tableChecks(bed.lab, service, SCHEDULING_MARGIN_MS + (service.health ? reunionBudget(service.health) : 1000))
      : []),
  ]);
  for (const [i, e] of step.healed.entries())
    await context.check([expectationCheck(bed.lab, e, `${slug}-healed-${i + 1}`)]);
  const own = instancesUnder(bed.lab, service.name);
  const returning = [...back.map((m) => m.vrrp), ...splitBy(bed.lab, step.fault)].filter((v) => own.includes(v));
  const plain = handover(bed.lab, step.fault, returning);
  const late = back.find(({ vrrp, from, to }) => crossed(vrrp, to, from, bed.wire.since(ready)));
  const budget = late && own.includes(late.vrrp) ? crossing(plain, late.to.name) : plain;
  const taken = Math.max(ready, ...back.map((move) => firstAdvert(bed, move, ready)));
  // What clients lost before the fault was undone was the fault's.
  const since = isBounded(run) ? from : taken;
  const settled = Math.max(taken, bed.wire.newest);
  const watch = async (probe: Probe) => {
    await probe.steady(settled, budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
    if (step.flows > 1) await probe.heldTold(told(probe, since, settled), FLOW_MS, bed.signal);
  };
  await Promise.all(probes.map(watch));
  for (const probe of probes)
    await judgeOutage(run, 'heal', measure(probe.samples, since, settled), budget, probe, since);
}

/** After when an answer on a held connection tells that it survived (microseconds): the service is back, and all has changed that changes. */
function told(probe: Probe, since: number, settled: number): number {
  return Math.max(measure(probe.samples, since).recoveredAt ?? since, settled);
}

/** That the better director says that it is back, where it has cause to. */
function announced(bed: Bed, step: FaultStep, move: Move, since: number): readonly CheckSpec[] {
  const { ms, words } = preemption(move);
  const { refresh } = move.vrrp;
  if (!returnsInSilence(bed.lab, step.fault))
    return [announceCheck('return.garp', move.vrrp, move.from, since, { ms, words })];
  return refresh > 0
    ? [announceCheck('return.garp', move.vrrp, move.from, since, { ms: ms + refresh, words: `${words} + refresh` })]
    : [];
}

/** The directors that go on announcing. */
function rest({ domain, from }: Withdrawal): readonly string[] {
  return domain.members.filter((m) => m !== from);
}

function firstAdvert(bed: Bed, { vrrp, from }: Move, since: number): number {
  const own = macsOf(from);
  return (
    bed.wire.since(since).find((p) => p.kind === 'vrrp' && p.id === vrrp.id && own.includes(p.srcMac))?.at ?? since
  );
}

/** After a partition: the better director alone, once the other has heard it. */
function reunited(bed: Bed, vrrp: VrrpInstance, slug: string) {
  const best = vrrp.members[0]?.node ?? '';
  const within = splitting(vrrp).ms + SCHEDULING_MARGIN_MS;
  return expectationCheck(
    bed.lab,
    { kind: 'master', nodes: [best], instance: vrrp.name, within, every: 20, lasts: 0 },
    slug,
  );
}

/** A step as an obligation. */
export function faultTitle(step: FaultStep, moves: readonly Move[]): string {
  const [made] = faults[step.fault.kind].words(step.fault);
  const times = step.repeat > 1 ? `, ${step.repeat} times` : '';
  if (step.outage === 'lasts') return `${step.service} is gone with ${made}, and comes back${times}`;
  const heirs = [...new Set(moves.map((m) => m.to.name))];
  return heirs.length > 0
    ? `${step.service} survives ${made}: ${heirs.join(' and ')} takes over${times}`
    : `${step.service} bears ${made}${times}`;
}
