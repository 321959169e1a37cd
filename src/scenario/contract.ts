import { masterSettles } from '../checks/adverts.ts';
import { type Promised, promisedBy } from '../checks/check.ts';
import { neighbourChecks, type Send, standingChecks, trafficChecks, trials } from '../checks/contract.ts';
import { toEveryServer } from '../checks/reach.ts';
import { drive } from '../checks/traffic.ts';
import type { Lab } from '../model/lab.ts';
import { instancesUnder, serviceOf } from '../model/lookup.ts';
import type { StepContext } from './context.ts';
import { serversListen, serviceAnswers } from './ready.ts';
import type { StepOf, StepStory } from './step.ts';

/** The traffic of checks that are only announced: they must not request any. */
export const unasked = () => Promise.reject(new Error('announced checks take no traffic'));

/** Returns the promises that a contract will report. */
function contractPromises(lab: Lab, name: string): readonly Promised[] {
  const service = serviceOf(lab, name);
  return [
    ...standingChecks(lab, service),
    ...neighbourChecks(lab, service),
    ...trials(lab, service),
    ...trafficChecks(lab, service, { toEvery: unasked, again: unasked, more: unasked }),
  ].map(promisedBy);
}

/** Proves on the wire what a service's mode promises. */
async function contractStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, name);
  context.wait('a master, and tables as in the lab file');
  await Promise.all([
    bed.stalls.watch(), // a stalled node makes others retransmit
    // A health check that ran before its server listened has removed the server by now: only after that is the table
    // meaningful.
    serversListen(bed, service).then(() => context.check(standingChecks(bed.lab, service))),
    ...instancesUnder(bed.lab, service.name).map((vrrp) => masterSettles(bed, vrrp)),
  ]);
  context.wait('which node answers for which address');
  await context.check(neighbourChecks(bed.lab, service));
  context.wait('traffic');
  // Checks that need unchanged tables come first: to reach every server, others may be set aside for a moment.
  const alone = trials(bed.lab, service);
  if (alone.length > 0) await serviceAnswers(bed, service);
  for (const trial of alone) await context.check([trial]);
  const send: Send = {
    toEvery: () => toEveryServer(bed, service, context.slug),
    again: () => drive(bed, service, `${context.slug}-again`),
    more: (count) => drive(bed, service, `${context.slug}-more`, { count }),
  };
  await context.check(trafficChecks(bed.lab, service, send));
}

/** A service's contract. */
export const contract: StepStory<StepOf<'contract'>> = {
  timed: false,
  title: (_lab, { service }) => `${service} fulfils the contract of its mode`,
  promises: (lab, { service }) => contractPromises(lab, service),
  run: (context, { service }) => contractStep(context, service),
};
