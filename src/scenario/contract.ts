import { masterSettles } from '../checks/adverts.ts';
import { type CheckSpec, type Promised, promisedBy } from '../checks/check.ts';
import { neighbourChecks, type Send, standingChecks, trafficChecks, trials } from '../checks/contract.ts';
import { nodesCheck } from '../checks/nodes.ts';
import { quietChecks } from '../checks/quiet.ts';
import { toEveryServer } from '../checks/reach.ts';
import { type Exchange, exchange, snatChecks } from '../checks/snat.ts';
import { drive } from '../checks/traffic.ts';
import type { Lab } from '../model/lab.ts';
import { found, instancesUnder, serviceOf } from '../model/lookup.ts';
import type { SnatRule } from '../model/snat.ts';
import type { StepContext } from './context.ts';
import { outsideListens, serversListen, serviceAnswers } from './ready.ts';

/** What nothing is asked of: checks that are only announced. */
const unasked = () => Promise.reject(new Error('checks that are announced ask nothing'));

/** What a contract will tell of. */
export function contractPromises(lab: Lab, name: string): readonly Promised[] {
  const service = serviceOf(lab, name);
  return [
    ...standingChecks(lab, service),
    ...neighbourChecks(lab, service),
    ...trials(lab, service),
    ...trafficChecks(lab, service, { toEvery: unasked, again: unasked, more: unasked }),
  ].map(promisedBy);
}

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

function ruleOf(lab: Lab, name: string): SnatRule {
  return found(
    lab.snat.find((s) => s.name === name),
    `SNAT rule ${name}`,
  );
}

/** What an SNAT rule's contract will tell of. */
export function snatPromises(lab: Lab, name: string): readonly Promised[] {
  return ruleChecks(lab, ruleOf(lab, name), unasked, unasked).map(promisedBy);
}

function ruleChecks(
  lab: Lab,
  rule: SnatRule,
  get: () => Promise<Exchange>,
  again: () => Promise<Exchange>,
): readonly CheckSpec[] {
  const captured = (exchanged: () => Promise<Exchange>) => async () => {
    const { packets, answers } = await exchanged();
    return { packets, requests: Object.values(answers).flat() };
  };
  return [
    nodesCheck(lab, rule.name),
    ...snatChecks(lab, rule, get),
    ...quietChecks(lab, rule.name, captured(get), captured(again)),
  ];
}

/** Proves on the wire what an SNAT rule promises. */
export async function snatStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const rule = ruleOf(bed.lab, name);
  await Promise.all([bed.stalls.watch(), outsideListens(bed, rule)]);
  context.wait('traffic');
  let done: Promise<Exchange> | undefined;
  const get = () => {
    done ??= exchange(bed, rule, context.slug);
    return done;
  };
  const again = () => exchange(bed, rule, `${context.slug}-again`);
  await context.check(ruleChecks(bed.lab, rule, get, again));
}
