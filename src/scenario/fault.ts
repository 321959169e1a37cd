import { masterOf, masterSettles, reigns, SCHEDULING_MARGIN_MS, twoMasters } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import type { Budget, CheckSpec } from '../checks/check.ts';
import { reunionBudget } from '../checks/health.ts';
import { fromMany } from '../checks/many.ts';
import { nextHopsCheck, routesSettle } from '../checks/routes.ts';
import { tableChecks } from '../checks/table.ts';
import { announceCheck, takeoverCheck } from '../checks/takeover.ts';
import { eventually } from '../eventually.ts';
import { faults } from '../faults/index.ts';
import { type Move, movesOf, splitBy, type Withdrawal, withdrawalsOf } from '../faults/moves.ts';
import { heal, inject } from '../faults/standing.ts';
import { type FaultStep, instancesUnder, macsOf, type Service, serviceOf, type VrrpInstance } from '../lab/model.ts';
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
import { type Flows, measure, type Outage, type Stream } from './outage.ts';
import { Probe, Probes } from './probe.ts';
import { serverIsIn, serversListen } from './ready.ts';

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

/** How long the master may keep connections before it tells the others of them (lvs_sync_daemon: two seconds), with time to spare. */
const SYNC_MS = 4000;

/** Makes a fault, watches what becomes of the service, heals it, and watches the return. */
export async function faultStep(context: StepContext, step: FaultStep): Promise<void> {
  for (let run = 1; run <= step.repeat; run++)
    await once(context, step, step.repeat > 1 ? `${context.slug}-${run}` : context.slug);
}

/** Clients by their addresses, and the real servers that they were sent to. */
type Clients = ReadonlyMap<string, readonly string[]>;

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
  await serverIsIn(bed, service, step.fault.node);
  // Who should be master is: only then does the fault take anything from it.
  await Promise.all(movesOf(bed.lab, step.fault).map((m) => masterSettles(bed, m.vrrp)));
  const domains = bed.lab.ospf.filter((o) => o.services.includes(service.name));
  await Promise.all(domains.map((domain) => routesSettle(bed, domain)));
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

/** Sends many clients to the service and tells at which real servers they are, once every director that may take over can know. */
async function clientsKnown({ context, service, moves }: Run): Promise<Clients> {
  const { bed } = context;
  const known = await fromMany(bed, service, 1);
  const heirs = moves.map((m) => m.to.name);
  const all = async () => {
    const lists = await Promise.all(heirs.map((heir) => bed.run(heir, ['ipvsadm', '-Lnc'])));
    return lists.every((list) => [...known.keys()].every((client) => list.includes(` ${client}:`))) ? true : undefined;
  };
  // Who never learns of it is for the check to tell.
  await eventually(all, { within: SYNC_MS, every: 100, signal: bed.signal });
  return known;
}

/** That each client is still sent to its real server. */
async function judgeSticking(run: Run, before: Clients): Promise<void> {
  const { context, step, service } = run;
  const [made] = faults[step.fault.kind].words(step.fault);
  const after = await fromMany(context.bed, service, 1);
  const moved = [...before].filter(([client, [server]]) => after.get(client)?.[0] !== server);
  context.tell(
    'fault.sticks',
    service.name,
    moved.length === 0 ? 'passed' : 'failed',
    `each of ${before.size} clients is sent to the real server that it had before ${made}`,
    `${moved.length} of ${before.size} were sent to another one`,
  );
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
    if (budget) judgeOutage(run, 'fault', o, budget, probe, at);
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
  const budget = handover(bed.lab, step.fault, returning);
  const taken = Math.max(ready, ...back.map((move) => firstAdvert(bed, move, ready)));
  // What clients lost before the fault was undone was the fault's.
  const since = isBounded(run) ? from : taken;
  const settled = Math.max(taken, bed.wire.newest);
  const watch = async (probe: Probe) => {
    await probe.steady(settled, budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
    if (step.flows > 1) await probe.heldTold(told(probe, since, settled), FLOW_MS, bed.signal);
  };
  await Promise.all(probes.map(watch));
  for (const probe of probes) judgeOutage(run, 'heal', measure(probe.samples, since, settled), budget, probe, since);
}

/** After when an answer on a held connection tells that it survived (microseconds): the service is back, and all has changed that changes. */
function told(probe: Probe, since: number, settled: number): number {
  return Math.max(measure(probe.samples, since).recoveredAt ?? since, settled);
}

/** What a result is about: the service, and for whom where several clients ask. */
function subjectOf({ step, service }: Run, probe: Probe): string {
  return step.clients.length > 1 ? `${service.name}, ${probe.client}` : service.name;
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

/** The service is gone for as long as the fault stands. */
async function lost(run: Run, probe: Probe, at: number): Promise<void> {
  const { context, step } = run;
  const gone = await probe.gone(at, OVERTIME_MS, context.bed.signal);
  context.tell(
    'fault.lasts',
    subjectOf(run, probe),
    gone ? 'passed' : 'failed',
    `nobody answers as long as ${step.fault.text} stands`,
    gone ? 'the newest connections all failed' : 'connections are still answered',
    { evidence: [evidenceOf(probe.file)] },
  );
}

/** What clients noticed where nothing bounds it: told, and judged only by whether the service answers. */
function tell(run: Run, o: Outage, probe: Probe): void {
  run.context.tell(
    'fault.effect',
    subjectOf(run, probe),
    'passed',
    'nothing bounds what clients notice while it stands; it is told',
    outageWords(o).join(', '),
    { evidence: [evidenceOf(probe.file)], figures: figuresOf(o) },
  );
}

function evidenceOf(file: string): string {
  return `${file} (a connection every ${Probe.everyMs} ms, each given ${Probe.timeoutMs} ms)`;
}

function judgeOutage(run: Run, half: 'fault' | 'heal', o: Outage, budget: Budget, probe: Probe, since: number): void {
  const { context, step, moves } = run;
  const { bed } = context;
  const margin = budget.ms === 0 && o.lost === 0 ? 0 : SCHEDULING_MARGIN_MS;
  const held = half === 'fault' ? flowHolds(step, o) : undefined;
  const streamed = o.stream === undefined || o.stream.gap <= budget.ms + SCHEDULING_MARGIN_MS;
  const within = o.over && o.outage <= budget.ms + margin && streamed && held !== false;
  const stall = within ? undefined : context.stall();
  const stretches = moves.map((m) => ({ vrrp: m.vrrp, reigns: reigns(bed.lab, m.vrrp, bed.wire.since(since)) }));
  const parts = [
    ...outageWords(o),
    ...stretches.map(({ vrrp, reigns: r }) => `${vrrp.name}: ${reignWords(r, since)}`),
    ...(stall === undefined ? [] : [stall]),
  ];
  const flow = held === undefined ? '' : `, and ${flowWords(step)}`;
  context.tell(
    idOf(moves, half),
    subjectOf(run, probe),
    within ? 'passed' : stall === undefined ? 'failed' : 'inconclusive',
    `clients go without at most ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(SCHEDULING_MARGIN_MS)}${flow}`,
    parts.join(', '),
    {
      evidence: [evidenceOf(probe.file)],
      figures: {
        ...figuresOf(o),
        budget: budget.ms,
        twoMasters: Math.max(0, ...stretches.map((s) => twoMasters(s.reigns))),
      },
    },
  );
}

/** Whether the open connections fared as the step says; undefined where it says nothing. */
function flowHolds(step: FaultStep, { flows }: Outage): boolean | undefined {
  if (step.flow === undefined) return undefined;
  return flows.open > 0 && (flows.survived === flows.open) === (step.flow === 'survives');
}

function flowWords({ flow, flows }: FaultStep): string {
  if (flows === 1) return `a connection that is open ${flow}`;
  return flow === 'survives'
    ? `all ${flows} connections that are open survive`
    : `of ${flows} connections that are open some break`;
}

function outageWords(o: Outage): string[] {
  return [
    o.over ? `outage ${formatMs(o.outage)}` : 'the service did not come back',
    `± ${formatMs(Probe.everyMs + o.worstLag)}`,
    `${o.lost} of ${o.attempts} connections lost`,
    ...(o.firstLossAfter === undefined ? [] : [`first after ${formatMs(o.firstLossAfter)}`]),
    ...(o.recoveryAfter === undefined ? [] : [`answered again after ${formatMs(o.recoveryAfter)}`]),
    ...(o.flaps > 0 ? [`${o.flaps} flaps`] : []),
    ...(o.flows.open > 0 ? [heldWords(o.flows)] : []),
    ...(o.stream ? [streamWords(o.stream)] : []),
  ];
}

function heldWords({ open, survived, broken, first }: Flows): string {
  const how = first ? `${first.why} after ${formatMs(first.after)}` : '';
  if (open === 1) return `held connection: ${first ? how : survived === 1 ? 'alive' : 'no answer yet'}`;
  const silent = open - survived - broken;
  return `of ${open} held connections ${survived} survived${first ? `, ${broken} broke (the first: ${how})` : ''}${silent > 0 ? `, ${silent} had no answer yet` : ''}`;
}

function streamWords({ sent, lost, again, gap }: Stream): string {
  return `of a stream of ${sent} datagrams ${lost} lost, ${again} answered twice, longest gap ${formatMs(gap)}`;
}

function figuresOf(o: Outage): Record<string, number> {
  return {
    outage: o.outage,
    lost: o.lost,
    attempts: o.attempts,
    flaps: o.flaps,
    worstLag: o.worstLag,
    ...(o.flows.open > 0 ? { flows: o.flows.open, flowsBroken: o.flows.open - o.flows.survived } : {}),
    ...(o.stream ? { streamLost: o.stream.lost, streamAgain: o.stream.again, streamGap: o.stream.gap } : {}),
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
