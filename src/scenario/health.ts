import { appOf } from '../apps/index.ts';
import { SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import { type CheckSpec, type Promised, promisedBy, runCheck } from '../checks/check.ts';
import { removalBudget, returnBudget } from '../checks/health.ts';
import { weightsOf } from '../checks/table.ts';
import { stopOf } from '../faults/program.ts';
import { heal, inject } from '../faults/standing.ts';
import type { Lab } from '../model/lab.ts';
import { found, serviceOf } from '../model/lookup.ts';
import type { Real, Service } from '../model/service.ts';
import type { Step } from '../model/step.ts';
import { formatMs } from '../net/duration.ts';
import { CannotObserve, Outpaced } from '../plan/hand.ts';
import type { StepContext } from './context.ts';
import type { StepOf, StepStory } from './step.ts';

type HealthStep = Step & { kind: 'health' };
type Weight = number | 'none';

/**
 * Returns the checks of a step: its server is in service, is removed after it was stopped, and is added again after it
 * was started.
 */
function healthChecks(lab: Lab, step: HealthStep, slug: string) {
  const service = serviceOf(lab, step.service);
  const health = found(service.health, `health check of ${service.name}`);
  const real = found(
    service.reals.find((r) => r.node === step.stop),
    `real server ${step.stop}`,
  );
  const { every, retry, pause, inhibit } = health;
  const [removal, back] = [removalBudget(health), returnBudget(health)];
  const margin = `margin ${formatMs(SCHEDULING_MARGIN_MS)}`;
  const isBack = (weight: Weight) => weight === real.weight;
  return {
    ready: weightCheck(service, real, slug, {
      id: 'health.removed',
      promise: `${real.node} has weight ${real.weight} before it is stopped`,
      budget: removal + back,
      holds: isBack,
    }),
    removed: weightCheck(service, real, slug, {
      id: 'health.removed',
      promise: `${real.node} ${inhibit ? 'has weight 0 (inhibit)' : 'is removed from the table'} within ${formatMs(removal)} (every ${formatMs(every)} + ${retry} retries × ${formatMs(pause)}), ${margin}`,
      budget: removal,
      holds: (weight) => weight === (inhibit ? 0 : 'none'),
    }),
    returned: weightCheck(service, real, slug, {
      id: 'health.returned',
      promise: `${real.node} has weight ${real.weight} again within ${formatMs(back)} (every ${formatMs(every)}), ${margin}`,
      budget: back,
      holds: isBack,
    }),
  };
}

/** Returns the promises that a health step will report. */
function healthPromises(lab: Lab, step: HealthStep): readonly Promised[] {
  const { removed, returned } = healthChecks(lab, step, '');
  return [removed, returned].map(promisedBy);
}

/** Checks that a stopped real server leaves the service within the health check's budget, and comes back. */
async function healthStep(context: StepContext, step: HealthStep): Promise<void> {
  const { bed } = context;
  const server = appOf(serviceOf(bed.lab, step.service)).program;
  if (server === undefined)
    throw new CannotObserve(`the server of ${step.service} is run by a script of the lab's own`);
  const { ready, removed, returned } = healthChecks(bed.lab, step, context.slug);
  context.wait(`${step.stop} to be in the table`);
  const before = await runCheck(ready, bed, context.title);
  if (before.verdict !== 'passed') {
    context.add(before);
    throw new CannotObserve(`${step.stop} was not stopped: it was not in the table`);
  }
  const stop = stopOf(step.stop, server);
  const at = await inject(bed, stop);
  context.fault(`${server} stopped on ${step.stop}`, at);
  context.wait(`the health check to remove it`);
  await context.check([removed]);
  const back = await heal(bed, stop, context.bootDeadline);
  context.faultOver(`${server} started on ${step.stop}`, back);
  context.wait(`the health check to add it again`);
  await context.check([returned]);
}

interface WeightRule {
  readonly id: string;
  readonly promise: string;
  readonly budget: number;
  readonly holds: (weight: Weight) => boolean;
}

/**
 * Checks that a real server has the expected weight on every director, by a deadline that counts from the first look.
 */
export function weightCheck(service: Service, real: Real, slug: string, rule: WeightRule): CheckSpec {
  const since = new Map<string, number>();
  const within = rule.budget + SCHEDULING_MARGIN_MS;
  let began: number | undefined;
  return {
    id: rule.id,
    subject: service.name,
    promise: rule.promise,
    within,
    every: 100,
    look: async (bed) => {
      began ??= performance.now();
      const weights = await weightsOf(bed, service, real.node);
      const now = performance.now() - began;
      for (const { director, weight } of weights)
        if (rule.holds(weight) && !since.has(director)) since.set(director, now);
      const seen = weights.map(({ director, weight }) => {
        const after = since.get(director);
        return `${director}: weight ${weight}${after === undefined ? '' : ` after ${formatMs(after)}`}`;
      });
      const evidence = [bed.evidence.write(`${rule.id}-${slug}.txt`, `${seen.join('\n')}\n`)];
      const ok = weights.every((w) => rule.holds(w.weight));
      // Looks have intervals and take time: a state that the first look after the deadline sees may have been reached
      // in time.
      if (ok && [...since.values()].some((ms) => ms > within))
        throw new Outpaced(`${seen.join(', ')}, and no earlier look ended by ${formatMs(within)}`);
      return { ok, seen: seen.join(', '), evidence, figures: Object.fromEntries(since) };
    },
  };
}

/** A step that stops the program of a real server, and starts it again. */
export const health: StepStory<StepOf<'health'>> = {
  timed: true,
  title: (_lab, { service, stop }) => `${service} removes ${stop} while it is down, and adds it again`,
  promises: (lab, step) => healthPromises(lab, step),
  run: (context, step) => healthStep(context, step),
};
