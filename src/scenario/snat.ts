import { type CheckSpec, type Promised, promisedBy } from '../checks/check.ts';
import { settleBudget } from '../checks/health.ts';
import { nodesCheck } from '../checks/nodes.ts';
import { quietChecks } from '../checks/quiet.ts';
import { type Exchange, exchange, snatChecks } from '../checks/snat.ts';
import { snatTableChecks } from '../checks/table.ts';
import type { Lab } from '../model/lab.ts';
import { found } from '../model/lookup.ts';
import type { SnatRule } from '../model/snat.ts';
import type { StepContext } from './context.ts';
import { unasked } from './contract.ts';
import { outsideListens } from './ready.ts';
import type { StepOf, StepStory } from './step.ts';

/** Milliseconds in which a table that nothing checks must match. */
const TABLE_MS = 2000;

function ruleOf(lab: Lab, name: string): SnatRule {
  return found(
    lab.snat.find((s) => s.name === name),
    `SNAT rule ${name}`,
  );
}

/** Returns the promises that an SNAT rule's contract will report. */
function snatPromises(lab: Lab, name: string): readonly Promised[] {
  const rule = ruleOf(lab, name);
  return [...standingChecks(lab, rule), ...wireChecks(lab, rule, unasked, unasked)].map(promisedBy);
}

/** Returns the checks that need no traffic: nodes and the director's table match the lab. */
function standingChecks(lab: Lab, rule: SnatRule): readonly CheckSpec[] {
  return [
    nodesCheck(lab, rule.name),
    ...snatTableChecks(lab, rule, rule.health ? settleBudget(rule.health) : TABLE_MS),
  ];
}

function wireChecks(
  lab: Lab,
  rule: SnatRule,
  get: () => Promise<Exchange>,
  again: () => Promise<Exchange>,
): readonly CheckSpec[] {
  const captured = (exchanged: () => Promise<Exchange>) => async () => {
    const { packets, answers } = await exchanged();
    return { packets, requests: Object.values(answers).flat() };
  };
  return [...snatChecks(lab, rule, get), ...quietChecks(lab, rule.name, captured(get), captured(again))];
}

/** Proves on the wire what an SNAT rule promises. */
async function snatStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const rule = ruleOf(bed.lab, name);
  await Promise.all([bed.stalls.watch(), outsideListens(bed, rule)]);
  context.wait('a table as in the lab file');
  await context.check(standingChecks(bed.lab, rule));
  context.wait('traffic');
  let done: Promise<Exchange> | undefined;
  const get = () => {
    done ??= exchange(bed, rule, context.slug);
    return done;
  };
  const again = () => exchange(bed, rule, `${context.slug}-again`);
  await context.check(wireChecks(bed.lab, rule, get, again));
}

/** The contract of an SNAT rule. */
export const snat: StepStory<StepOf<'snat'>> = {
  timed: false,
  title: (_lab, { rule }) => `${rule} lets inside hosts out with its address`,
  promises: (lab, { rule }) => snatPromises(lab, rule),
  run: (context, { rule }) => snatStep(context, rule),
};
