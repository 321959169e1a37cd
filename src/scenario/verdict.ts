import { reigns, SCHEDULING_MARGIN_MS, twoMasters } from '../checks/adverts.ts';
import type { Budget, Promised } from '../checks/check.ts';
import type { FaultStep } from '../model/step.ts';
import { formatMs } from '../net/duration.ts';
import { flowBudget } from './budget.ts';
import { budgetOf, type Case, idOf, longest, OVERTIME_MS, type Run, subjectOf } from './fault-run.ts';
import type { Flows, Outage, Stream } from './outage.ts';
import { Probe } from './probe.ts';

/** Returns the promise about what a client notices while the fault is active. */
export function standingPromise(of: Case, client: string): Promised {
  const { step } = of;
  const subject = subjectOf(of, client);
  if (step.outage === 'lasts')
    return { id: 'fault.lasts', subject, promised: `no answer while ${step.fault.text} is active` };
  const budget = budgetOf(of);
  if (budget) return outagePromise(of, 'fault', budget, client);
  const promised = 'no budget for this fault: impact reported, not judged';
  return { id: 'fault.effect', subject, promised };
}

/** Returns the promise about how long a client may get no answer. */
export function outagePromise(of: Case, half: 'fault' | 'heal', budget: Budget, client: string): Promised {
  const fate = half === 'fault' && of.step.flow !== undefined ? `, and ${flowWords(of.step)}` : '';
  const own = half === 'fault' ? flowBudget(of.lab, of.service, of.step.fault, budget) : budget;
  const flow = `${fate}${own === budget ? '' : `; of a flow from one port ${limitWords(own)}`}`;
  return {
    id: idOf(of, half),
    subject: subjectOf(of, client),
    promised: budget.lossless
      ? `no request is lost (${budget.words})${flow}`
      : `outage at most ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(SCHEDULING_MARGIN_MS)}${flow}`,
  };
}

/** Words the limit of a flow of datagrams. */
function limitWords({ ms, words }: Budget): string {
  return Number.isFinite(ms) ? `at most ${formatMs(ms)} (${words})` : `no limit (${words})`;
}

/** Checks that the service is gone for as long as the fault is active. */
export async function lost(run: Run, probe: Probe, at: number): Promise<void> {
  const { context } = run;
  const gone = await probe.gone(at, OVERTIME_MS, context.bed.signal);
  context.tell(
    standingPromise(run, probe.client),
    gone ? 'passed' : 'failed',
    gone ? 'the newest connections all failed' : 'connections are still answered',
    { evidence: [evidenceOf(probe.file)] },
  );
}

/** Reports what clients noticed if there is no limit: judged only by whether the service answers. */
export function tell(run: Run, o: Outage, probe: Probe): void {
  run.context.tell(standingPromise(run, probe.client), 'passed', outageWords(o).join(', '), {
    evidence: [evidenceOf(probe.file)],
    figures: figuresOf(o),
  });
}

function evidenceOf(file: string): string {
  return `${file} (a connection every ${Probe.everyMs} ms, each given ${Probe.timeoutMs} ms)`;
}

/** What a client noticed of a fault or of its end, from a time on (microseconds), and what it may notice. */
interface Judged {
  readonly half: 'fault' | 'heal';
  readonly outage: Outage;
  readonly budget: Budget;
  readonly probe: Probe;
  readonly since: number;
}

/** Judges what clients noticed against the budget. */
export async function judgeOutage(run: Run, { half, outage: o, budget, probe, since }: Judged): Promise<void> {
  const { context, step, moves } = run;
  const { bed } = context;
  const margin = budget.lossless || (budget.ms === 0 && o.lost === 0) ? 0 : SCHEDULING_MARGIN_MS;
  const held = half === 'fault' ? flowHolds(step, o) : undefined;
  const flow = half === 'fault' ? flowBudget(run.lab, run.service, step.fault, budget) : budget;
  const streamed = o.stream === undefined || o.stream.gap <= flow.ms + SCHEDULING_MARGIN_MS;
  const kept = !budget.lossless || o.lost === 0;
  const intime = o.over && o.outage <= budget.ms + margin;
  const within = kept && intime && streamed && held !== false;
  const { from, least } = intime ? { from: 0, least: undefined } : excusable(o, budget, bed.wire.newest);
  const stall = within ? undefined : await context.stall(from, least);
  const stretches = moves.map((m) => ({ vrrp: m.vrrp, reigns: reigns(bed.lab, m.vrrp, bed.wire.since(since)) }));
  const parts = [
    ...outageWords(o),
    ...stretches.map(({ vrrp, reigns: r }) => `${vrrp.name}: ${reignWords(r, since)}`),
    ...(stall === undefined ? [] : [stall]),
  ];
  context.tell(
    outagePromise(run, half, budget, probe.client),
    within ? 'passed' : stall === undefined ? 'failed' : 'inconclusive',
    parts.join(', '),
    {
      evidence: [evidenceOf(probe.file)],
      figures: {
        ...figuresOf(o),
        budget: budget.ms,
        twoMasters: Math.max(0, ...stretches.map((s) => twoMasters(s.reigns))),
      },
      ...(stall === undefined ? {} : { stalled: true }),
    },
  );
}

/**
 * Returns which stalls may have made an outage too long that is not over, or ended too late; `now` is in microseconds. A recovery may begin anew after it, and then takes its
 * whole time once more, but no longer. A service that is not back even then (see `steady` in fault.ts) is excused only
 * by stalls that are as long as what it was given beyond its time.
 */
export function excusable(o: Pick<Outage, 'over' | 'recoveredAt'>, budget: Budget, now: number): Excusable {
  const before = 1000 * longest(budget);
  if (o.over && o.recoveredAt !== undefined) return { from: o.recoveredAt - before };
  return { from: now - before, least: OVERTIME_MS };
}

/** Stalls that may excuse an outage: since a time (microseconds), in all at least so many milliseconds, if that is given. */
export interface Excusable {
  readonly from: number;
  readonly least?: number;
}

/** Returns whether the open connections fared as the step expects; undefined if it expects nothing. */
function flowHolds(step: FaultStep, { flows }: Outage): boolean | undefined {
  if (step.flow === undefined) return undefined;
  return flows.open > 0 && (flows.survived === flows.open) === (step.flow === 'survives');
}

function flowWords({ flow, flows }: FaultStep): string {
  if (flows === 1) return `an open connection ${flow}`;
  return flow === 'survives' ? `all ${flows} open connections survive` : `some of ${flows} open connections break`;
}

function outageWords(o: Outage): string[] {
  return [
    o.over
      ? `outage ${formatMs(o.outage)}`
      : `the service did not come back${o.recoveredAt === undefined ? '' : ' steadily'}`,
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
