import { SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import type { Budget } from '../checks/check.ts';
import { type Move, movesOf } from '../faults/moves.ts';
import type { Lab } from '../model/lab.ts';
import { serviceOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import type { FaultStep } from '../model/step.ts';
import { outageBudget } from './budget.ts';
import type { StepContext } from './context.ts';

/** Milliseconds after a budget for which observation continues, to report by how much it was exceeded. */
export const OVERTIME_MS = 5000;

/** Returns how many milliseconds an outage is observed before the service counts as not coming back. */
export function longest(budget: Budget): number {
  return budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS;
}

/** The subject of a step, derived from the lab alone: the best director is master of each instance before the fault. */
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

/**
 * Returns how long clients may get no answer while the fault is active: the lab file's limit, or one derived from its
 * timers; undefined if there is no limit.
 */
export function budgetOf({ lab, step, service, moves }: Case): Budget | undefined {
  if (typeof step.outage === 'number') return { ms: step.outage, words: 'as given in the lab file' };
  return outageBudget(lab, service, step.fault, moves);
}

export function isBounded(of: Case): boolean {
  return of.step.outage !== 'lasts' && budgetOf(of) !== undefined;
}

/** Returns the ID of the outage: a failover if a director takes over. */
export function idOf({ moves }: Case, half: 'fault' | 'heal'): string {
  if (moves.length > 0) return half === 'fault' ? 'failover.outage' : 'return.outage';
  return `${half}.outage`;
}

/** Returns the subject of a result: the service, and the client if there are several. */
export function subjectOf({ step, service }: Case, client: string): string {
  return step.clients.length > 1 ? `${service.name}, ${client}` : service.name;
}
