import { standingChecks, trafficChecks } from '../checks/contract.ts';
import { serviceOf } from '../lab/model.ts';
import type { StepContext } from './context.ts';

/** Proves on the wire what a service's mode promises. */
export async function contractStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, name);
  context.wait('a master, and tables that hold the lab');
  await context.check(standingChecks(bed.lab, service));
  context.wait('traffic');
  await context.check(trafficChecks(bed, service, context.slug));
}
