import type { Bed } from '../checks/bed.ts';
import { type Promised, promisedBy } from '../checks/check.ts';
import type { CheckResult, Counts, Emit } from '../events.ts';
import { movesOf } from '../faults/moves.ts';
import type { Lab } from '../model/lab.ts';
import type { Step } from '../model/step.ts';
import { unreachable } from '../result.ts';
import { repliesCheck } from './arp.ts';
import { StepContext } from './context.ts';
import { contractPromises, contractStep, snatPromises, snatStep } from './contract.ts';
import { cutPromises, cutStep } from './cut.ts';
import { expectationCheck, expectationWords } from './expect.ts';
import { faultPromises, faultStep, faultTitle } from './fault.ts';
import { healthPromises, healthStep } from './health.ts';
import { persistencePromises, persistenceStep } from './persistence.ts';

/** A step as an obligation, in the words of a report. */
export function stepTitle(lab: Lab, step: Step): string {
  switch (step.kind) {
    case 'contract':
      return `${step.service} keeps the contract of its mode`;
    case 'snat':
      return `${step.rule} lets hosts out under its address`;
    case 'persistence':
      return `${step.service} keeps a client at its real server, for its time`;
    case 'arp':
      return `${step.replies === 1 ? 'one card answers' : `${step.replies} cards answer`} ARP for ${step.address}`;
    case 'cut':
      return `${step.service} ${step.answers ? 'goes on' : 'stops'} without ${step.links.join(' and ')} of ${step.node}`;
    case 'health':
      return `${step.service} loses ${step.stop} and takes it back`;
    case 'fault':
      return faultTitle(step, movesOf(lab, step.fault));
    case 'check':
      return expectationWords(lab, step.expect);
    default:
      return unreachable(step);
  }
}

/** What a step will tell of, in the order in which it does: the same in every run, whatever happens. */
export function promisesOf(lab: Lab, step: Step): readonly Promised[] {
  switch (step.kind) {
    case 'contract':
      return contractPromises(lab, step.service);
    case 'snat':
      return snatPromises(lab, step.rule);
    case 'persistence':
      return persistencePromises(lab, step.service);
    case 'arp':
      return [promisedBy(repliesCheck(lab, step))];
    case 'cut':
      return cutPromises(lab, step);
    case 'health':
      return healthPromises(lab, step);
    case 'fault':
      return faultPromises(lab, step);
    case 'check':
      return [promisedBy(expectationCheck(lab, step.expect, ''))];
    default:
      return unreachable(step);
  }
}

/** Runs a scenario, step by step. Results are added to `results` as they come, so that an interrupted run has them. With `bail` a step in which a check fails is the last. */
export async function runScenario(
  bed: Bed,
  scenario: readonly Step[],
  emit: Emit,
  { bootDeadline, bail }: { readonly bootDeadline: number; readonly bail: boolean },
  results: CheckResult[],
): Promise<void> {
  for (const [i, step] of scenario.entries()) {
    const title = stepTitle(bed.lab, step);
    emit({ type: 'step', lab: bed.running.name, title });
    const timed = TIMED.includes(step.kind);
    const context = new StepContext(bed, emit, title, `${i + 1}-${step.kind}`, bootDeadline, results, timed);
    await context.part(promisesOf(bed.lab, step), () => runStep(context, step));
    // What a step could not observe to its end is put back all the same; what cannot be is tried once more, and told, at the end.
    await bed.changes.undoAll();
    if (bail && results.some((r) => r.verdict === 'failed')) return;
  }
}

/** Tells of a scenario that cannot be run here: every check that it would tell of is skipped, with the reason. */
export function skipScenario(lab: Lab, scenario: readonly Step[], emit: Emit, why: string): readonly CheckResult[] {
  return scenario.flatMap((step) => {
    const title = stepTitle(lab, step);
    emit({ type: 'step', lab: lab.name, title });
    return promisesOf(lab, step).map((promised): CheckResult => {
      const result: CheckResult = { ...promised, step: title, verdict: 'skipped', seen: why, evidence: [], ms: 0 };
      emit({ type: 'check', lab: lab.name, result });
      return result;
    });
  });
}

/** Steps that hold somebody to a time: whoever stands still himself is to be known. */
const TIMED: readonly Step['kind'][] = ['health', 'persistence', 'fault', 'check'];

async function runStep(context: StepContext, step: Step): Promise<void> {
  const { lab } = context.bed;
  if (context.timed) await context.bed.stalls.watch();
  switch (step.kind) {
    case 'contract':
      return contractStep(context, step.service);
    case 'snat':
      return snatStep(context, step.rule);
    case 'persistence':
      return persistenceStep(context, step.service);
    case 'arp':
      context.wait(`replies to ARP for ${step.address}`);
      return context.check([repliesCheck(lab, step)]);
    case 'cut':
      return cutStep(context, step);
    case 'health':
      return healthStep(context, step);
    case 'fault':
      return faultStep(context, step);
    case 'check':
      context.wait(expectationWords(lab, step.expect));
      return context.check([expectationCheck(lab, step.expect, context.slug)]);
    default:
      return unreachable(step);
  }
}

/** How many results have each verdict. */
export function countResults(results: readonly CheckResult[]): Counts {
  const of = (verdict: CheckResult['verdict']) => results.filter((r) => r.verdict === verdict).length;
  return { passed: of('passed'), failed: of('failed'), inconclusive: of('inconclusive'), skipped: of('skipped') };
}
