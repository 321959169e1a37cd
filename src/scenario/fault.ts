import { SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import { type Budget, type CheckSpec, type Promised, promisedBy } from '../checks/check.ts';
import { reunionBudget } from '../checks/health.ts';
import { nextHopsCheck } from '../checks/routes.ts';
import { tableChecks } from '../checks/table.ts';
import { announceCheck, crossed, takeoverCheck } from '../checks/takeover.ts';
import { faults } from '../faults/index.ts';
import { type Move, movesOf, splitBy, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import { heal, inject } from '../faults/standing.ts';
import type { Lab } from '../model/lab.ts';
import { instancesUnder, macsOf } from '../model/lookup.ts';
import type { FaultStep } from '../model/step.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { formatMs } from '../net/duration.ts';
import type { Packet } from '../net/packet.ts';
import { crossing, handover, preemption, rejoining, splitting, takeover, withdrawal } from './budget.ts';
import type { StepContext } from './context.ts';
import { expectationCheck } from './expect.ts';
import { budgetOf, type Case, caseOf, isBounded, OVERTIME_MS, type Run } from './fault-run.ts';
import { measure } from './outage.ts';
import { prepare } from './prepare.ts';
import { type Probe, Probes } from './probe.ts';
import type { StepOf, StepStory } from './step.ts';
import { clientsKnown, judgeSticking, sticksPromise } from './sticking.ts';
import { judgeOutage, lost, outagePromise, standingPromise, tell } from './verdict.ts';

/** Longest until a lab that has just come up answers: elections, programs that start, checks that take servers in. */
const STEADY_AT_FIRST_MS = 30_000;

/** And until one that came back answers steadily. */
const STEADY_AGAIN_MS = 5000;

/** How long a service is watched under a fault of which clients may notice nothing. */
const WATCH_MS = 3000;

/** How long an open connection may be silent after the service is back: its retransmissions have backed off. */
const FLOW_MS = 6000;

/** What a step will tell of, once for each of its runs. */
function faultPromises(lab: Lab, step: FaultStep): readonly Promised[] {
  const of = caseOf(lab, step);
  return Array.from({ length: step.repeat }, () => [...strikePromises(of), ...regainPromises(of)]).flat();
}

function strikePromises(of: Case): readonly Promised[] {
  return [
    ...strikeChecks(of, '', 0).flat().map(promisedBy),
    ...of.step.clients.map((client) => standingPromise(of, client)),
    ...(of.step.sticks ? [sticksPromise(of)] : []),
  ];
}

function regainPromises(of: Case): readonly Promised[] {
  return [
    ...regainChecks(of, '', 0).flat().map(promisedBy),
    ...of.step.clients.map((client) => outagePromise(of, 'heal', returnBudget(of), client)),
  ];
}

/** Makes a fault, watches what becomes of the service, heals it, and watches the return. */
async function faultStep(context: StepContext, step: FaultStep): Promise<void> {
  const of = caseOf(context.bed.lab, step);
  for (let n = 1; n <= step.repeat; n++) {
    const slug = step.repeat > 1 ? `${context.slug}-${n}` : context.slug;
    await context.part([...strikePromises(of), ...regainPromises(of)], () => once({ ...of, context, slug }));
  }
}

async function once(run: Run): Promise<void> {
  const { context, step } = run;
  context.again();
  await prepare(run);
  // A probe for each half: the connection that is held through the return must have been there before it.
  await context.part(strikePromises(run), async () => {
    const known = step.sticks ? await clientsKnown(run) : undefined;
    await probed(run, 'loss', STEADY_AT_FIRST_MS, (probes) => strike(run, probes));
    if (known) await judgeSticking(run, known);
  });
  await context.part(regainPromises(run), () =>
    // While nothing bounds what clients notice, they may well notice it still.
    probed(run, 'return', isBounded(run) ? STEADY_AGAIN_MS : 0, (probes) => regain(run, probes)),
  );
  // Whatever could not be observed: the next time finds the lab as this one did.
  await context.bed.changes.undoAll();
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

/** What must be seen once the fault stands, since a time (microseconds): checks that run side by side, one list after the other. */
function strikeChecks({ lab, step, moves }: Case, slug: string, at: number): readonly (readonly CheckSpec[])[] {
  const { fault } = step;
  return [
    moves.flatMap((move) => [
      takeoverCheck('failover.master', move.vrrp, move.to, move.from, at, takeover(move)),
      announceCheck('failover.garp', move.vrrp, move.to, at, takeover(move)),
    ]),
    withdrawalsOf(lab, fault).map((w) => nextHopsCheck('failover.nexthops', lab, w.domain, rest(w), withdrawal(w))),
    ...splitBy(lab, fault).map((vrrp) => [mastersExpected(lab, vrrp, [fault.node, fault.other ?? ''], slug)]),
    ...step.during.map((e, i) => [expectationCheck(lab, e, `${slug}-during-${i + 1}`)]),
  ];
}

async function strike(run: Run, probes: readonly Probe[]): Promise<void> {
  const { context, step, moves, slug } = run;
  const { bed } = context;
  const { fault } = step;
  if (faults[fault.kind].node(fault) !== 'runs') bed.stalls.leave(fault.node);
  const at = await inject(bed, fault);
  context.fault(faults[fault.kind].words(fault)[0], at);
  const budget = budgetOf(run);
  if (moves[0]) context.wait(`${moves[0].to.name} to take over, at most ${formatMs(takeover(moves[0]).ms)}`);
  for (const checks of strikeChecks(run, slug, at)) await context.check(checks);
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

/** The moves that are undone when the fault is. */
function returning({ moves }: Case): readonly Move[] {
  return moves.filter((m) => m.vrrp.preempt);
}

/** What must be seen once the fault is healed, since a time (microseconds): checks that run side by side, one list after the other. */
function regainChecks(of: Case, slug: string, ready: number): readonly (readonly CheckSpec[])[] {
  const { lab, step, service, moves } = of;
  const tables = SCHEDULING_MARGIN_MS + (service.health ? reunionBudget(service.health) : 1000);
  return [
    [
      ...returning(of).flatMap((move) => [
        takeoverCheck('return.master', move.vrrp, move.from, move.to, ready, preemption(move)),
        ...announced(lab, step, move, ready),
      ]),
      // After a partition: the better director alone, once the other has heard it.
      ...splitBy(lab, step.fault).map((vrrp) => mastersExpected(lab, vrrp, [vrrp.members[0]?.node ?? ''], slug)),
      ...withdrawalsOf(lab, step.fault).map((w) =>
        nextHopsCheck('return.nexthops', lab, w.domain, w.domain.members, rejoining(w)),
      ),
      ...(moves.length > 0 ? tableChecks(lab, service, tables) : []),
    ],
    ...step.healed.map((e, i) => [expectationCheck(lab, e, `${slug}-healed-${i + 1}`)]),
  ];
}

/** What clients may go without once the fault is healed. */
function returnBudget(of: Case): Budget {
  const own = instancesUnder(of.lab, of.service.name);
  const back = [...returning(of).map((m) => m.vrrp), ...splitBy(of.lab, of.step.fault)];
  return handover(
    of.lab,
    of.step.fault,
    back.filter((vrrp) => own.includes(vrrp)),
  );
}

async function regain(run: Run, probes: readonly Probe[]): Promise<void> {
  const { context, step, slug } = run;
  const { bed } = context;
  const from = bed.wire.newest;
  context.wait(`${faults[step.fault.kind].words(step.fault)[1]}`);
  const ready = await heal(bed, step.fault, context.bootDeadline);
  await bed.stalls.watch();
  context.fault(faults[step.fault.kind].words(step.fault)[1], ready);
  const back = returning(run);
  if (back.length > 0) context.wait(`${back[0]?.from.name} to preempt`);
  for (const checks of regainChecks(run, slug, ready)) await context.check(checks);
  const taken = Math.max(ready, ...back.map((move) => firstAdvert(bed, move, ready)));
  // What clients lost before the fault was undone was the fault's.
  const since = isBounded(run) ? from : taken;
  const settled = Math.max(taken, bed.wire.newest);
  const plain = returnBudget(run);
  const watch = async (probe: Probe) => {
    await probe.steady(settled, plain.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
    if (step.flows > 1) await probe.heldTold(told(probe, since, settled), FLOW_MS, bed.signal);
  };
  await Promise.all(probes.map(watch));
  const budget = widened(run, plain, await bed.packetsSince(ready));
  for (const probe of probes)
    await judgeOutage(run, 'heal', measure(probe.samples, since, settled), budget, probe, since);
}

/** The budget of a return, by all that the wires showed of it: announcements that crossed are told only once it is over. */
function widened(run: Run, plain: Budget, packets: readonly Packet[]): Budget {
  const own = instancesUnder(run.lab, run.service.name);
  const late = returning(run).find(({ vrrp, from, to }) => own.includes(vrrp) && crossed(vrrp, to, from, packets));
  return late ? crossing(plain, late.to.name) : plain;
}

/** After when an answer on a held connection tells that it survived (microseconds): the service is back, and all has changed that changes. */
function told(probe: Probe, since: number, settled: number): number {
  return Math.max(measure(probe.samples, since).recoveredAt ?? since, settled);
}

/** That the better director says that it is back, where it has cause to. */
function announced(lab: Lab, step: FaultStep, move: Move, since: number): readonly CheckSpec[] {
  const { ms, words } = preemption(move);
  const { refresh } = move.vrrp;
  if (!faults[step.fault.kind].returnsUnaware(step.fault, lab))
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

/** The directors that are masters once a partition has told, or is over. */
function mastersExpected(lab: Lab, vrrp: VrrpInstance, nodes: readonly string[], slug: string): CheckSpec {
  const within = splitting(vrrp).ms + SCHEDULING_MARGIN_MS;
  return expectationCheck(lab, { kind: 'master', nodes, instance: vrrp.name, within, every: 20, lasts: 0 }, slug);
}

/** A step as an obligation. */
function faultTitle(step: FaultStep, moves: readonly Move[]): string {
  const [made] = faults[step.fault.kind].words(step.fault);
  const times = step.repeat > 1 ? `, ${step.repeat} times` : '';
  if (step.outage === 'lasts') return `${step.service} fails with ${made}, and comes back${times}`;
  const heirs = [...new Set(moves.map((m) => m.to.name))];
  return heirs.length > 0
    ? `${step.service} survives ${made}: ${heirs.join(' and ')} takes over${times}`
    : `${step.service} survives ${made}${times}`;
}

/** A fault, and what clients notice of it. */
export const fault: StepStory<StepOf<'fault'>> = {
  timed: true,
  title: (lab, step) => faultTitle(step, movesOf(lab, step.fault)),
  promises: (lab, step) => faultPromises(lab, step),
  run: (context, step) => faultStep(context, step),
};
