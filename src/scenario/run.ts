import type { Bed } from '../checks/bed.ts';
import type { CheckResult, Counts, Emit } from '../events.ts';
import type { Step } from '../lab/model.ts';
import { unreachable } from '../result.ts';
import { StepContext } from './context.ts';
import { contractStep } from './contract.ts';
import { failoverStep } from './failover.ts';
import { healthStep } from './health.ts';

/** A step as an obligation, in the words of a report. */
export function stepTitle(step: Step): string {
  switch (step.kind) {
    case 'contract':
      return `${step.service} keeps the contract of its mode`;
    case 'health':
      return `${step.service} loses ${step.stop} and takes it back`;
    case 'failover':
      return `${step.service} survives the loss of ${step.kill}: ${step.to} takes over`;
    default:
      return unreachable(step);
  }
}

/** Runs a lab's scenario, step by step. Results are added to `results` as they come, so that an interrupted run has them. */
export async function runScenario(bed: Bed, emit: Emit, bootDeadline: number, results: CheckResult[]): Promise<void> {
  for (const [i, step] of bed.lab.scenario.entries()) {
    const title = stepTitle(step);
    emit({ type: 'step', lab: bed.running.name, title });
    const context = new StepContext(bed, emit, title, `${i + 1}-${step.kind}`, bootDeadline, results);
    await runStep(context, step);
  }
}

async function runStep(context: StepContext, step: Step): Promise<void> {
  switch (step.kind) {
    case 'contract':
      return contractStep(context, step.service);
    case 'health':
      return healthStep(context, step);
    case 'failover':
      return failoverStep(context, step);
    default:
      return unreachable(step);
  }
}

/** How many results have each verdict. */
export function countResults(results: readonly CheckResult[]): Counts {
  const of = (verdict: CheckResult['verdict']) => results.filter((r) => r.verdict === verdict).length;
  return { passed: of('passed'), failed: of('failed'), inconclusive: of('inconclusive'), skipped: of('skipped') };
}
