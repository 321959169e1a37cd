import type { Budget } from '../checks/check.ts';
import { type Move, movesOf } from '../faults/moves.ts';
import type { Lab } from '../model/lab.ts';
import { serviceOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import type { FaultStep } from '../model/step.ts';
import { outageBudget } from './budget.ts';
import type { StepContext } from './context.ts';

/** How long after a budget we still watch, to tell by how much it was missed. */
export const OVERTIME_MS = 5000;

/** What a step is about, by the lab alone: the best director is master of each instance before the fault comes. */
export interface Case {
  readonly lab: Lab;
  readonly step: FaultStep;
  readonly service: Service;
  readonly moves: readonly Move[];
}

/** One run of a step, and what it works with. */
export interface Run extends Case {
  readonly context: StepContext;
  readonly slug: string;
}

export function caseOf(lab: Lab, step: FaultStep): Case {
  return { lab, step, service: serviceOf(lab, step.service), moves: movesOf(lab, step.fault) };
}

/** What clients may go without while the fault stands: what the lab says, or what its own times allow; undefined when nothing bounds it. */
export function budgetOf({ lab, step, service, moves }: Case): Budget | undefined {
  if (typeof step.outage === 'number') return { ms: step.outage, words: 'as given in the lab file' };
  return outageBudget(lab, service, step.fault, moves);
}

export function isBounded(of: Case): boolean {
  return of.step.outage !== 'lasts' && budgetOf(of) !== undefined;
}

/** What the outage is called: a failover where a director takes over. */
export function idOf({ moves }: Case, half: 'fault' | 'heal'): string {
  if (moves.length > 0) return half === 'fault' ? 'failover.outage' : 'return.outage';
  return `${half}.outage`;
}

/** What a result is about: the service, and for whom where several clients ask. */
export function subjectOf({ step, service }: Case, client: string): string {
  return step.clients.length > 1 ? `${service.name}, ${client}` : service.name;
}
