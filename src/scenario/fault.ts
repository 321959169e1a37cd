import { masterOf, masterSettles, reigns, SCHEDULING_MARGIN_MS, twoMasters } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import type { Budget, CheckSpec } from '../checks/check.ts';
import { reunionBudget } from '../checks/health.ts';
import { nextHopsCheck } from '../checks/routes.ts';
import { tableChecks } from '../checks/table.ts';
import { announceCheck, takeoverCheck } from '../checks/takeover.ts';
import { faults } from '../faults/index.ts';
import { type Move, movesOf, splitBy, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import { heal, inject } from '../faults/standing.ts';
import { type FaultStep, macsOf, type Service, serviceOf, type VrrpInstance } from '../lab/model.ts';
import { formatMs } from '../net/duration.ts';
import {
  handover,
  outageBudget,
  preemption,
  rejoining,
  returnsInSilence,
  splitting,
  takeover,
  withdrawal,
} from './budget.ts';
import type { StepContext } from './context.ts';
import { expectationCheck } from './expect.ts';
import { measure, type Outage } from './outage.ts';
import { Probe } from './probe.ts';
import { serversListen } from './ready.ts';

/** A probe that started later than this was itself stalled: a budget missed then says nothing about the director. */
const STALL_MS = 500;

/** How long after a budget we still watch, to tell by how much it was missed. */
const OVERTIME_MS = 5000;

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

/** One run of a step: what it works with, and whether its fault stands. */
interface Run {
  readonly context: StepContext;
  readonly step: FaultStep;
  readonly slug: string;
  readonly service: Service;
  readonly moves: readonly Move[];
  stands: boolean;
}

async function once(context: StepContext, step: FaultStep, slug: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, step.service);
  await serversListen(bed, service);
  // Who should be master is: only then does the fault take anything from it.
  await Promise.all(movesOf(bed.lab, step.fault).map((m) => masterSettles(bed, m.vrrp)));
  const moves = movesOf(bed.lab, step.fault, (vrrp) => masterOf(bed, vrrp));
  const [made, healed] = faults[step.fault.kind].words(step.fault);
  const run: Run = { context, step, slug, service, moves, stands: false };
  // A probe for each half: the connection that is held through the return must have been there before it.
  await context.attempt(idOf(moves, 'fault'), service.name, made, () =>
    probed(run, 'loss', STEADY_AT_FIRST_MS, (probe) => strike(run, probe)),
  );
  await context.attempt(idOf(moves, 'heal'), service.name, healed, () =>
    // While nothing bounds what clients notice, they may well notice it still.
    probed(run, 'return', isBounded(run) ? STEADY_AGAIN_MS : 0, (probe) => regain(run, probe)),
  );
  // Whatever could not be observed: what was made is undone.
  if (run.stands) await heal(bed, step.fault, context.bootDeadline);
}

/** What clients may go without while the fault stands: what the lab says, or what its own times allow; undefined when nothing bounds it. */
function budgetOf({ context, step, service, moves }: Run): Budget | undefined {
  if (typeof step.outage === 'number') return { ms: step.outage, words: 'as the lab says' };
  return outageBudget(context.bed.lab, service, step.fault, moves);
}

function isBounded(run: Run): boolean {
  return run.step.outage !== 'lasts' && budgetOf(run) !== undefined;
}

/** What the outage is called: a failover where a director takes over. */
function idOf(moves: readonly Move[], half: 'fault' | 'heal'): string {
  if (moves.length > 0) return half === 'fault' ? 'failover.outage' : 'return.outage';
  return `${half}.outage`;
}

async function probed(
  { context, service, slug }: Run,
  half: string,
  steadyWithin: number,
  work: (probe: Probe) => Promise<void>,
): Promise<void> {
  const probe = await Probe.start(context.bed, service, `${slug}-${half}`, steadyWithin);
  try {
    await work(probe);
  } finally {
    probe.stop();
  }
}

async function strike(run: Run, probe: Probe): Promise<void> {
  const { context, step, service, moves, slug } = run;
  const { bed } = context;
  const { fault } = step;
  run.stands = true;
  const at = await inject(bed, fault);
  context.fault(faults[fault.kind].words(fault)[0], at);
  const budget = budgetOf(run);
  if (moves[0]) context.wait(`${moves[0].to.name} to take over, at most ${formatMs(takeover(moves[0]).ms)}`);
  await context.check(
    moves.flatMap((move) => [
      takeoverCheck('failover.master', move.vrrp, move.to, move.from, at, takeover(move)),
      announceCheck('failover.garp', move.vrrp, move.to, at, takeover(move)),
    ]),
    () => stallOf(probe),
  );
  await context.check(
    withdrawalsOf(bed.lab, fault).map((w) =>
      nextHopsCheck('failover.nexthops', bed.lab, w.domain, rest(w), withdrawal(w)),
    ),
    () => stallOf(probe),
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
  if (step.outage === 'lasts') return lost(context, probe, service, fault.text, at);
  // Where no loss is bounded from below, its absence is told by watching.
  if (budget === undefined || budget.ms === 0) await probe.watched(at + WATCH_MS * 1000, bed.signal);
  if (budget) await probe.steady(at, budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
  if (step.flow) await probe.heldTold(measure(probe.samples, at).recoveredAt ?? at, FLOW_MS, bed.signal);
  const o = measure(probe.samples, at);
  if (budget) judgeOutage(run, 'fault', o, budget, probe.file, at);
  else tell(context, service, o, probe.file);
}

async function regain(run: Run, probe: Probe): Promise<void> {
  const { context, step, service, moves, slug } = run;
  const { bed } = context;
  const from = bed.wire.newest;
  context.wait(`${faults[step.fault.kind].words(step.fault)[1]}`);
  const ready = await heal(bed, step.fault, context.bootDeadline);
  run.stands = false;
  context.fault(faults[step.fault.kind].words(step.fault)[1], ready);
  const back = moves.filter((m) => m.vrrp.preempt);
  if (back.length > 0) context.wait(`${back[0]?.from.name} to preempt`);
  await context.check(
    [
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
    ],
    () => stallOf(probe),
  );
  for (const [i, e] of step.healed.entries())
    await context.check([expectationCheck(bed.lab, e, `${slug}-healed-${i + 1}`)]);
  const budget = handover(bed.lab, step.fault, [...back.map((m) => m.vrrp), ...splitBy(bed.lab, step.fault)]);
  const taken = Math.max(ready, ...back.map((move) => firstAdvert(bed, move, ready)));
  // Only what was begun after the handover shows that it is over.
  await probe.steady(taken, budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
  // What clients lost before the fault was undone was the fault's.
  const since = isBounded(run) ? from : taken;
  const o = measure(probe.samples, since);
  judgeOutage(run, 'heal', o, budget, probe.file, since);
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

function stallOf(probe: Probe): number {
  const worst = Math.max(0, ...probe.samples.map((s) => s.lag)) / 1000;
  return worst > STALL_MS ? worst : 0;
}

/** The service is gone for as long as the fault stands. */
async function lost(context: StepContext, probe: Probe, service: Service, fault: string, at: number): Promise<void> {
  const gone = await probe.gone(at, OVERTIME_MS, context.bed.signal);
  context.tell(
    'fault.lasts',
    service.name,
    gone ? 'passed' : 'failed',
    `nobody answers as long as ${fault} stands`,
    gone ? 'the newest connections all failed' : 'connections are still answered',
    { evidence: [evidenceOf(probe.file)] },
  );
}

/** What clients noticed where nothing bounds it: told, and judged only by whether the service answers. */
function tell(context: StepContext, service: Service, o: Outage, file: string): void {
  context.tell(
    'fault.effect',
    service.name,
    'passed',
    'nothing bounds what clients notice while it stands; it is told',
    outageWords(o).join(', '),
    { evidence: [evidenceOf(file)], figures: figuresOf(o) },
  );
}

function evidenceOf(file: string): string {
  return `${file} (a connection every ${Probe.everyMs} ms, each given ${Probe.timeoutMs} ms)`;
}

function judgeOutage(
  { context, step, service, moves }: Run,
  half: 'fault' | 'heal',
  o: Outage,
  budget: Budget,
  file: string,
  since: number,
): void {
  const { bed } = context;
  const margin = budget.ms === 0 && o.lost === 0 ? 0 : SCHEDULING_MARGIN_MS;
  const held = half === 'fault' ? flowHolds(step, o) : undefined;
  const within = o.over && o.outage <= budget.ms + margin && held !== false;
  const stalled = o.worstLag > STALL_MS;
  const stretches = moves.map((m) => ({ vrrp: m.vrrp, reigns: reigns(bed.lab, m.vrrp, bed.wire.since(since)) }));
  const parts = [
    ...outageWords(o),
    ...stretches.map(({ vrrp, reigns: r }) => `${vrrp.name}: ${reignWords(r, since)}`),
    ...(stalled ? [`the probe itself was stalled for ${formatMs(o.worstLag)}`] : []),
  ];
  const flow = step.flow && half === 'fault' ? `, and a connection that is open ${step.flow}` : '';
  context.tell(
    idOf(moves, half),
    service.name,
    within ? 'passed' : stalled ? 'inconclusive' : 'failed',
    `clients go without at most ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(SCHEDULING_MARGIN_MS)}${flow}`,
    parts.join(', '),
    {
      evidence: [evidenceOf(file)],
      figures: {
        ...figuresOf(o),
        budget: budget.ms,
        twoMasters: Math.max(0, ...stretches.map((s) => twoMasters(s.reigns))),
      },
    },
  );
}

/** Whether the open connection fared as the step says; undefined where it says nothing. */
function flowHolds(step: FaultStep, o: Outage): boolean | undefined {
  if (step.flow === undefined) return undefined;
  const survived = o.held === undefined && o.heldAnswered;
  return step.flow === 'survives' ? survived : !survived;
}

function outageWords(o: Outage): string[] {
  return [
    o.over ? `outage ${formatMs(o.outage)}` : 'the service did not come back',
    `± ${formatMs(Probe.everyMs + o.worstLag)}`,
    `${o.lost} of ${o.attempts} connections lost`,
    ...(o.firstLossAfter === undefined ? [] : [`first after ${formatMs(o.firstLossAfter)}`]),
    ...(o.recoveryAfter === undefined ? [] : [`answered again after ${formatMs(o.recoveryAfter)}`]),
    ...(o.flaps > 0 ? [`${o.flaps} flaps`] : []),
    `held connection: ${o.held ? `${o.held.why} after ${formatMs(o.held.after)}` : o.heldAnswered ? 'alive' : 'no answer yet'}`,
  ];
}

function figuresOf(o: Outage): Record<string, number> {
  return {
    outage: o.outage,
    lost: o.lost,
    attempts: o.attempts,
    flaps: o.flaps,
    worstLag: o.worstLag,
    ...(o.firstLossAfter === undefined ? {} : { firstLossAfter: o.firstLossAfter }),
    ...(o.recoveryAfter === undefined ? {} : { recoveryAfter: o.recoveryAfter }),
  };
}

function reignWords(all: ReturnType<typeof reigns>, since: number): string {
  const at = (t: number) => formatMs(Math.max(0, (t - since) / 1000));
  const both = twoMasters(all);
  return `${all.map((r) => `${r.node} ${at(r.from)} to ${at(r.to)}`).join(', ') || 'no master'}${both > 0 ? `, two for ${formatMs(both)}` : ''}`;
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
