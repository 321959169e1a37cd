import { masterSettles } from '../checks/adverts.ts';
import { neighbourChecks, standingChecks, trafficChecks, trials } from '../checks/contract.ts';
import { quietChecks } from '../checks/quiet.ts';
import { type Exchange, exchange } from '../checks/snat.ts';
import { found, instancesUnder, serviceOf } from '../lab/lookup.ts';
import { snat } from '../modes/snat.ts';
import type { StepContext } from './context.ts';
import { outsideListens, serversListen } from './ready.ts';

/** Proves on the wire what a service's mode promises. */
export async function contractStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, name);
  context.wait('a master, and tables that hold the lab');
  await Promise.all([
    bed.stalls.watch(), // whoever stands still makes others send again
    // A health check that came before its server listened has taken it out by now: only then do tables tell.
    serversListen(bed, service).then(() => context.check(standingChecks(bed.lab, service))),
    ...instancesUnder(bed.lab, service.name).map((vrrp) => masterSettles(bed, vrrp)),
  ]);
  context.wait('who answers for which address');
  await context.check(neighbourChecks(bed.lab, service));
  context.wait('traffic');
  // First what finds the tables as they are: to reach every server, others may be put aside for a moment.
  for (const trial of trials(bed.lab, service)) await context.check([trial]);
  await context.check(trafficChecks(bed, service, context.slug));
}

/** Proves on the wire what an SNAT rule promises. */
export async function snatStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const rule = found(
    bed.lab.snat.find((s) => s.name === name),
    `SNAT rule ${name}`,
  );
  await Promise.all([bed.stalls.watch(), outsideListens(bed, rule)]);
  context.wait('traffic');
  let done: Promise<Exchange> | undefined;
  const get = () => {
    done ??= exchange(bed, rule, context.slug);
    return done;
  };
  await context.check([
    ...snat.contract(bed.lab, rule, get),
    ...quietChecks(bed.lab, rule.name, get, () => exchange(bed, rule, `${context.slug}-again`)),
  ]);
}
