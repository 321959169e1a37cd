import type { Bed } from '../checks/bed.ts';
import type { Promised } from '../checks/check.ts';
import type { CheckResult, Emit } from '../events.ts';
import type { Lab } from '../model/lab.ts';
import type { Step } from '../model/step.ts';
import { StepContext } from './context.ts';
import { storyOf } from './steps.ts';

/** Returns the promises that a step will report, in this order: the same in every run, whatever happens. */
export function promisesOf(lab: Lab, step: Step): readonly Promised[] {
  return storyOf(step).promises(lab, step);
}

/**
 * Runs a scenario, step by step. Results are added to `results` as they arrive, so that an interrupted run has them.
 * With `bail`, a step in which a check fails is the last.
 */
export async function runScenario(
  bed: Bed,
  scenario: readonly Step[],
  emit: Emit,
  { bootDeadline, bail }: { readonly bootDeadline: number; readonly bail: boolean },
  results: CheckResult[],
): Promise<void> {
  for (const [i, step] of scenario.entries()) {
    const story = storyOf(step);
    const title = story.title(bed.lab, step);
    emit({ type: 'step', lab: bed.running.name, title });
    const context = new StepContext(
      bed,
      emit,
      { title, slug: `${i + 1}-${step.kind}`, bootDeadline, timed: story.timed },
      results,
    );
    await context.part(story.promises(bed.lab, step), async () => {
      if (story.timed) await bed.stalls.watch();
      await story.run(context, step);
    });
    // Changes of a step that could not be observed to its end are undone too; a failed undo is repeated once at the
    // end, and reported.
    await bed.changes.undoAll();
    if (bail && results.some((r) => r.verdict === 'failed')) return;
  }
}

/** Reports a scenario that cannot run here: every check that it would report is skipped, with the reason. */
export function skipScenario(lab: Lab, scenario: readonly Step[], emit: Emit, why: string): readonly CheckResult[] {
  return scenario.flatMap((step) => {
    const title = storyOf(step).title(lab, step);
    emit({ type: 'step', lab: lab.name, title });
    return promisesOf(lab, step).map((promised): CheckResult => {
      const result: CheckResult = { ...promised, step: title, verdict: 'skipped', seen: why, evidence: [], ms: 0 };
      emit({ type: 'check', lab: lab.name, result });
      return result;
    });
  });
}
