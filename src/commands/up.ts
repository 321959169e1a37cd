import { firstAnswers } from '../checks/answer.ts';
import { print } from '../output/print.ts';
import { bringUp, planUp, takeDown } from '../plan/lifecycle.ts';
import { mustRun } from '../plan/observe.ts';
import { formatPlan } from '../plan/reconcile.ts';
import { type LabOptions, loadLab, withSession } from './session.ts';

export interface UpCommandOptions extends LabOptions {
  readonly recreate?: boolean;
  readonly dryRun?: boolean;
  /** False: return when nodes are ready. */
  readonly wait: boolean;
  readonly timeout: number;
}

/** `lab up`: brings a lab up, or what of it is missing. */
export async function up(argument: string, options: UpCommandOptions): Promise<number> {
  const lab = loadLab(argument, options);
  await withSession({}, async ({ engine, emit, signal }) => {
    const upOptions = { emit, signal, recreate: options.recreate ?? false, bootDeadline: options.timeout };
    if (options.dryRun) {
      const { plan } = await planUp(engine, lab, upOptions);
      print(plan.length === 0 ? 'nothing to do' : formatPlan(plan));
      return;
    }
    const outcome = await bringUp(engine, lab, upOptions);
    if (outcome === 'unchanged' || !options.wait) return;
    try {
      await firstAnswers(engine, await mustRun(engine, lab.name), emit, signal);
    } catch (error) {
      if (signal.aborted && outcome === 'created') await takeDown(engine, lab.name, emit);
      throw error;
    }
  });
  return 0;
}
