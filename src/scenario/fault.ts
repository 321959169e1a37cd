import { SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import { type Budget, type CheckSpec, type Promised, promisedBy } from '../checks/check.ts';
import { returnBudget as checkBudget, reunionBudget } from '../checks/health.ts';
import { nextHopsCheck } from '../checks/routes.ts';
import { sends } from '../checks/sender.ts';
import { tableChecks } from '../checks/table.ts';
import { announceCheck, crossed, keepsCheck, takeoverCheck } from '../checks/takeover.ts';
import type { Span } from '../faults/fault.ts';
import { faults } from '../faults/index.ts';
import { heirsOf, type Move, movesOf, splitBy, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import { heal, inject, spanOf } from '../faults/standing.ts';
import type { Lab } from '../model/lab.ts';
import { instancesUnder } from '../model/lookup.ts';
import type { FaultStep } from '../model/step.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { formatMs } from '../net/duration.ts';
import type { Packet } from '../net/packet.ts';
import { crossing, handover, preemption, rejoining, sparing, splitting, takeover, withdrawal } from './budget.ts';
import type { StepContext } from './context.ts';
import { expectationCheck } from './expect.ts';
import { budgetOf, type Case, caseOf, isBounded, longest, type Run } from './fault-run.ts';
import { judgeKept, keptPromise, TableWatch, watchesTable } from './flapping.ts';
import { measure } from './outage.ts';
import { prepare } from './prepare.ts';
import { type Probe, Probes } from './probe.ts';
import type { StepOf, StepStory } from './step.ts';
import { clientsKnown, judgeSticking, sticksPromise } from './sticking.ts';
import { judgeOutage, lost, outagePromise, standingPromise, tell } from './verdict.ts';

/** Longest time until a lab that has just started answers: elections, programs that start, checks that add servers. */
const STEADY_AT_FIRST_MS = 30_000;

/** Longest time until a service that came back answers steadily. */
const STEADY_AGAIN_MS = 5000;

/** How long a service is watched under a fault of which clients must notice nothing. */
const WATCH_MS = 3000;

/** How long an open connection may be silent after the service is back: its retransmissions have backed off. */
const FLOW_MS = 6000;

/** In place of the times of a change, for checks of which only the promises are read. */
const NEVER: Span = { at: 0, done: 0 };

/** Returns the promises that a step will report, once for each of its runs. */
function faultPromises(lab: Lab, step: FaultStep): readonly Promised[] {
  const of = caseOf(lab, step);
  return Array.from({ length: step.repeat }, () => [...strikePromises(of), ...regainPromises(of)]).flat();
}

function strikePromises(of: Case): readonly Promised[] {
  return [
    ...strikeChecks(of, '', NEVER).flat().map(promisedBy),
    ...of.step.clients.map((client) => standingPromise(of, client)),
    ...(watchesTable(of) ? [keptPromise(of, 'fault')] : []),
    ...(of.step.sticks ? [sticksPromise(of)] : []),
  ];
}

function regainPromises(of: Case): readonly Promised[] {
  return [
    ...regainChecks(of, '', NEVER).flat().map(promisedBy),
    ...of.step.clients.map((client) => outagePromise(of, 'heal', returnBudget(of), client)),
    ...(watchesTable(of) ? [keptPromise(of, 'heal')] : []),
  ];
}

/** Injects a fault, watches its effect on the service, heals it, and watches the return. */
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
  // One probe per half: a connection that is held through the return must have been open before it.
  await context.part(strikePromises(run), async () => {
    const known = step.sticks ? await clientsKnown(run) : undefined;
    await watched(run, 'fault', () => probed(run, 'loss', STEADY_AT_FIRST_MS, (probes) => strike(run, probes)));
    if (known) await judgeSticking(run, known);
  });
  await context.part(regainPromises(run), () =>
    // Without a limit on what clients notice, they may still notice it.
    watched(run, 'heal', () =>
      probed(run, 'return', isBounded(run) ? STEADY_AGAIN_MS : 0, (probes) => regain(run, probes)),
    ),
  );
  // Even if something could not be observed, the next run finds the lab in the same state.
  await context.bed.changes.undoAll();
}

/** Watches the table of the director that a fault hits, if the fault must leave its services alone. */
async function watched(run: Run, half: 'fault' | 'heal', work: () => Promise<void>): Promise<void> {
  if (!watchesTable(run)) return work();
  const watch = await TableWatch.start(run.context.bed, run.step.fault.node);
  try {
    await work();
    await judgeKept(run, half, watch);
  } finally {
    watch.stop();
  }
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

/**
 * Returns the checks while the fault is active, since it took effect: the checks of one list run in parallel,
 * the lists one after the other.
 */
function strikeChecks({ lab, step, moves }: Case, slug: string, struck: Span): readonly (readonly CheckSpec[])[] {
  const { fault } = step;
  return [
    moves.flatMap((move) => [
      takeoverCheck('failover.master', move, struck, takeover(move), true),
      announceCheck('failover.garp', move.vrrp, heirsOf(move), struck.at, takeover(move)),
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
  const struck = await spanOf(bed, inject(bed, fault));
  const { at } = struck;
  context.fault(faults[fault.kind].words(fault)[0], at);
  const budget = budgetOf(run);
  if (moves[0]) context.wait(`${heirWords([moves[0]])} to take over, at most ${formatMs(takeover(moves[0]).ms)}`);
  for (const checks of strikeChecks(run, slug, struck)) await context.check(checks);
  if (step.outage === 'lasts') {
    await Promise.all(probes.map((probe) => lost(run, probe, at)));
    return;
  }
  // Requests sent before the change is complete prove nothing.
  const settled = Math.max(at, bed.wire.newest);
  const watch = async (probe: Probe) => {
    // If the expected loss may be zero, its absence is shown by watching for a while.
    if (budget === undefined || budget.ms === 0) await probe.watched(at + WATCH_MS * 1000, bed.signal);
    if (budget) await steady(run, probe, settled, budget);
    if (step.flow || step.flows > 1) await probe.heldTold(told(probe, at, settled), FLOW_MS, bed.signal);
  };
  if (budget && budget.ms > 0) context.wait(`clients to be answered again, at most ${formatMs(budget.ms)}`);
  await Promise.all(probes.map(watch));
  for (const probe of probes) {
    const o = measure(probe.samples, at, settled);
    if (budget) await judgeOutage(run, { half: 'fault', outage: o, budget, probe, since: at });
    else tell(run, o, probe);
  }
}

/**
 * Waits until a client is answered steadily after a time (microseconds), or should have been long ago. A stalled node
 * may make the recovery begin anew: it then gets its whole time once more.
 */
async function steady({ context }: Run, probe: Probe, after: number, budget: Budget): Promise<void> {
  const { signal } = context.bed;
  const back = await probe.steady(after, longest(budget), signal);
  if (!back && (await context.stall())) await probe.steady(after, longest(budget), signal);
}

/** Returns the takeover that reverses a move: the former master from whichever director took over. */
function reversed({ vrrp, from, to, or }: Move): Parameters<typeof takeoverCheck>[1] {
  return { vrrp, to: from, from: to, also: or };
}

/** Describes which director takes over. */
function heirWords(moves: readonly Move[]): string {
  return [
    ...new Set(
      moves.map((m) =>
        heirsOf(m)
          .map((n) => n.name)
          .join(' or '),
      ),
    ),
  ].join(' and ');
}

/** Returns the moves that are reversed when the fault is healed. */
function returning({ moves }: Case): readonly Move[] {
  return moves.filter((m) => m.returns);
}

/**
 * Returns the checks after the fault is healed, since that took effect: the checks of one list run in parallel,
 * the lists one after the other.
 */
function regainChecks(of: Case, slug: string, back: Span): readonly (readonly CheckSpec[])[] {
  const { lab, step, service, moves } = of;
  const tables = SCHEDULING_MARGIN_MS + (service.health ? reunionBudget(service.health) : 1000);
  return [
    [
      ...returning(of).flatMap((move) => [
        takeoverCheck('return.master', reversed(move), back, preemption(move)),
        ...announced(lab, step, move, back.at),
      ]),
      ...moves.filter((m) => !m.returns).map((move) => keepsCheck('return.stays', move, back.at)),
      // After a partition: only the better director is master, after the other has heard it.
      ...splitBy(lab, step.fault).map((vrrp) => mastersExpected(lab, vrrp, [vrrp.members[0]?.node ?? ''], slug)),
      ...withdrawalsOf(lab, step.fault).map((w) =>
        nextHopsCheck('return.nexthops', lab, w.domain, w.domain.members, rejoining(w)),
      ),
      ...(moves.length > 0 ? tableChecks(lab, service, tables) : []),
    ],
    ...step.healed.map((e, i) => [expectationCheck(lab, e, `${slug}-healed-${i + 1}`)]),
  ];
}

/** Returns how long clients may get no answer after the fault is healed. */
function returnBudget(of: Case): Budget {
  const spared = sparing(of.step.fault);
  if (spared && of.step.outage === 'budget') return spared;
  const own = instancesUnder(of.lab, of.service.name);
  const back = [...returning(of).map((m) => m.vrrp), ...splitBy(of.lab, of.step.fault)].filter((v) => own.includes(v));
  const moved = handover(of.lab, of.step.fault, back);
  const { alpha, health } = of.service;
  if (!alpha || !health || back.length === 0) return moved;
  const first = checkBudget(health);
  return { ms: moved.ms + first, words: `${moved.words} + first check, because of alpha, ${formatMs(first)}` };
}

async function regain(run: Run, probes: readonly Probe[]): Promise<void> {
  const { context, step, slug } = run;
  const { bed } = context;
  const from = bed.wire.newest;
  context.wait(`${faults[step.fault.kind].words(step.fault)[1]}`);
  const healed = await spanOf(bed, heal(bed, step.fault, context.bootDeadline));
  const ready = healed.at;
  await bed.stalls.watch();
  context.faultOver(faults[step.fault.kind].words(step.fault)[1], ready);
  const back = returning(run);
  if (back.length > 0) context.wait(`${back[0]?.from.name} to preempt`);
  for (const checks of regainChecks(run, slug, healed)) await context.check(checks);
  const taken = Math.max(ready, ...back.map((move) => firstAdvert(bed, move, ready)));
  // Losses before the fault was healed belong to the fault.
  const since = isBounded(run) ? from : taken;
  const settled = Math.max(taken, bed.wire.newest);
  const plain = returnBudget(run);
  const watch = async (probe: Probe) => {
    await steady(run, probe, settled, plain);
    if (step.flows > 1) await probe.heldTold(told(probe, since, settled), FLOW_MS, bed.signal);
  };
  await Promise.all(probes.map(watch));
  const budget = widened(run, plain, await bed.packetsSince(ready));
  for (const probe of probes)
    await judgeOutage(run, { half: 'heal', outage: measure(probe.samples, since, settled), budget, probe, since });
}

/**
 * Returns the budget of a return, extended by what the wires showed: crossed announcements are only known after it is
 * over.
 */
function widened(run: Run, plain: Budget, packets: readonly Packet[]): Budget {
  const own = instancesUnder(run.lab, run.service.name);
  const late = returning(run).find(({ vrrp, from, to }) => own.includes(vrrp) && crossed(vrrp, to, from, packets));
  return late ? crossing(plain, late.to.name) : plain;
}

/**
 * Returns the time (microseconds) after which an answer on a held connection proves that it survived: the service is
 * back, and the change is complete.
 */
function told(probe: Probe, since: number, settled: number): number {
  return Math.max(measure(probe.samples, since).recoveredAt ?? since, settled);
}

/** Checks that the better director announces its return, if it has reason to. */
function announced(lab: Lab, step: FaultStep, move: Move, since: number): readonly CheckSpec[] {
  const { ms, words } = preemption(move);
  const { refresh } = move.vrrp;
  if (!faults[step.fault.kind].returnsUnaware(step.fault, lab))
    return [announceCheck('return.garp', move.vrrp, [move.from], since, { ms, words })];
  return refresh > 0
    ? [announceCheck('return.garp', move.vrrp, [move.from], since, { ms: ms + refresh, words: `${words} + refresh` })]
    : [];
}

/** Returns the directors that continue to announce. */
function rest({ domain, from }: Withdrawal): readonly string[] {
  return domain.members.filter((m) => m !== from);
}

function firstAdvert(bed: Bed, { vrrp, from }: Move, since: number): number {
  const sent = bed.wire.since(since).find((p) => p.kind === 'vrrp' && p.id === vrrp.id && sends(vrrp, from, p));
  return sent?.at ?? since;
}

/** Checks which directors are masters after a partition has taken effect, or is over. */
function mastersExpected(lab: Lab, vrrp: VrrpInstance, nodes: readonly string[], slug: string): CheckSpec {
  const within = splitting(vrrp).ms + SCHEDULING_MARGIN_MS;
  return expectationCheck(lab, { kind: 'master', nodes, instance: vrrp.name, within, every: 20, lasts: 0 }, slug);
}

/** Describes a step as an obligation. */
function faultTitle(step: FaultStep, moves: readonly Move[]): string {
  const [made] = faults[step.fault.kind].words(step.fault);
  const times = step.repeat > 1 ? `, ${step.repeat} times` : '';
  if (step.outage === 'lasts') return `${step.service} fails with ${made}, and comes back${times}`;
  return moves.length > 0
    ? `${step.service} survives ${made}: ${heirWords(moves)} takes over${times}`
    : `${step.service} survives ${made}${times}`;
}

/** A step that injects a fault, and checks what clients notice of it. */
export const fault: StepStory<StepOf<'fault'>> = {
  timed: true,
  title: (lab, step) => faultTitle(step, movesOf(lab, step.fault)),
  promises: (lab, step) => faultPromises(lab, step),
  run: (context, step) => faultStep(context, step),
};
