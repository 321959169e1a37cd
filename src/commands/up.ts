import { print } from '../output/print.ts';
import { bringUp, planUp } from '../plan/lifecycle.ts';
import { formatPlan } from '../plan/reconcile.ts';
import { type LabOptions, loadLab, withSession } from './session.ts';

export interface UpCommandOptions extends LabOptions {
  readonly recreate?: boolean;
  readonly dryRun?: boolean;
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
    await bringUp(engine, lab, upOptions);
  });
  return 0;
}
