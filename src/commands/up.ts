import { firstAnswers } from '../checks/answer.ts';
import { print } from '../output/print.ts';
import { bringUp, isTaken, planUp, takeDown, takenDown } from '../plan/lifecycle.ts';
import { formatPlan } from '../plan/reconcile.ts';
import { type LabOptions, loadLab, withSession } from './session.ts';

export interface UpCommandOptions extends LabOptions {
  readonly recreate?: boolean;
  readonly dryRun?: boolean;
  /** False: return when the nodes are ready. */
  readonly wait: boolean;
  readonly timeout: number;
}

/** `lab up`: starts a lab, or the missing parts of it. */
export async function up(argument: string, options: UpCommandOptions): Promise<number> {
  const lab = loadLab(argument, options, { advises: true });
  await withSession({}, async ({ engine, emit, signal }) => {
    const upOptions = { emit, signal, recreate: options.recreate ?? false, bootDeadline: options.timeout };
    if (options.dryRun) {
      const plan = await planUp(engine, lab, upOptions);
      print(plan.length === 0 ? 'nothing to do' : formatPlan(plan));
      return;
    }
    const { outcome, running } = await bringUp(engine, lab, upOptions);
    if (outcome === 'unchanged' || !options.wait) return;
    try {
      await firstAnswers(engine, running, emit, signal);
    } catch (error) {
      const fabric = running.fabric.id;
      if (signal.aborted && outcome === 'created') await takeDown(engine, lab.name, emit, fabric);
      const nodes = [...running.nodes.values()].map((c) => c.id);
      if (!signal.aborted && (await isTaken(engine, lab.name, fabric, nodes, error)))
        throw takenDown(lab.name, 'brought up');
      throw error;
    }
  });
  return 0;
}
