import type { Budget } from '../checks/check.ts';
import type { Move } from '../faults/moves.ts';
import type { FaultStep, Service } from '../lab/model.ts';
import { outageBudget } from './budget.ts';
import type { StepContext } from './context.ts';
import type { Probe } from './probe.ts';

/** How long after a budget we still watch, to tell by how much it was missed. */
export const OVERTIME_MS = 5000;

/** One run of a step: what it works with, and whether its fault stands. */
export interface Run {
  readonly context: StepContext;
  readonly step: FaultStep;
  readonly slug: string;
  readonly service: Service;
  readonly moves: readonly Move[];
  stands: boolean;
}

/** What clients may go without while the fault stands: what the lab says, or what its own times allow; undefined when nothing bounds it. */
export function budgetOf({ context, step, service, moves }: Run): Budget | undefined {
  if (typeof step.outage === 'number') return { ms: step.outage, words: 'as the lab says' };
  return outageBudget(context.bed.lab, service, step.fault, moves);
}

export function isBounded(run: Run): boolean {
  return run.step.outage !== 'lasts' && budgetOf(run) !== undefined;
}

/** What the outage is called: a failover where a director takes over. */
export function idOf(moves: readonly Move[], half: 'fault' | 'heal'): string {
  if (moves.length > 0) return half === 'fault' ? 'failover.outage' : 'return.outage';
  return `${half}.outage`;
}

/** What a result is about: the service, and for whom where several clients ask. */
export function subjectOf({ step, service }: Run, probe: Probe): string {
  return step.clients.length > 1 ? `${service.name}, ${probe.client}` : service.name;
}
