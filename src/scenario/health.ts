import { SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import { type CheckSpec, runCheck } from '../checks/check.ts';
import { removalBudget, returnBudget } from '../checks/health.ts';
import { weightsOf } from '../checks/table.ts';
import { program } from '../faults/program.ts';
import { found, serviceOf } from '../lab/lookup.ts';
import type { Real, Service } from '../lab/model.ts';
import { formatMs } from '../net/duration.ts';
import { programOf } from '../nodes/servers.ts';
import type { StepContext } from './context.ts';

/** A stopped real server leaves the service within the health check's budget, and comes back. */
export async function healthStep(context: StepContext, step: { service: string; stop: string }): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, step.service);
  const health = found(service.health, `health check of ${service.name}`);
  const real = found(
    service.reals.find((r) => r.node === step.stop),
    `real server ${step.stop}`,
  );
  const server = programOf(service);
  const gone = health.inhibit ? 'weight 0 (inhibit)' : 'out of the table';
  await context.attempt(
    'health.removed',
    service.name,
    `${real.node} is taken out when its ${server} stops`,
    async () => {
      context.wait(`${real.node} to be in service`);
      const ready = await runCheck(
        weightCheck(context, service, real, {
          id: 'health.ready',
          promise: `${real.node} has weight ${real.weight} before it is stopped`,
          budget: removalBudget(health) + returnBudget(health),
          holds: (weight) => weight === real.weight,
        }),
        bed,
        context.title,
      );
      if (ready.verdict !== 'passed') return context.add({ ...ready, id: 'health.removed' });
      const at = await program(bed, real.node, 'stop', server);
      context.fault(`${server} stopped on ${real.node}`, at);
      context.wait(`the health check to notice`);
      const budget = removalBudget(health);
      await context.check([
        weightCheck(context, service, real, {
          id: 'health.removed',
          promise: `${real.node} has ${gone} within ${formatMs(budget)} (every ${formatMs(health.every)} + ${health.retry} retries × ${formatMs(health.pause)}), margin ${formatMs(SCHEDULING_MARGIN_MS)}`,
          budget,
          holds: (weight) => weight === (health.inhibit ? 0 : 'none'),
        }),
      ]);
      const back = await program(bed, real.node, 'start', server);
      context.fault(`${server} started on ${real.node}`, back);
      context.wait(`the health check to take it back`);
      await context.check([
        weightCheck(context, service, real, {
          id: 'health.returned',
          promise: `${real.node} has weight ${real.weight} again within ${formatMs(returnBudget(health))} (every ${formatMs(health.every)}), margin ${formatMs(SCHEDULING_MARGIN_MS)}`,
          budget: returnBudget(health),
          holds: (weight) => weight === real.weight,
        }),
      ]);
    },
  );
}

interface WeightRule {
  readonly id: string;
  readonly promise: string;
  readonly budget: number;
  readonly holds: (weight: number | 'none') => boolean;
}

/** That a real server's weight is as it should be on every director, by a deadline. */
function weightCheck(context: StepContext, service: Service, real: Real, rule: WeightRule): CheckSpec {
  const began = performance.now();
  const since = new Map<string, number>();
  return {
    id: rule.id,
    subject: service.name,
    promise: rule.promise,
    within: rule.budget + SCHEDULING_MARGIN_MS,
    every: 100,
    look: async (bed) => {
      const weights = await weightsOf(bed, service, real.node);
      for (const { director, weight } of weights)
        if (rule.holds(weight) && !since.has(director)) since.set(director, performance.now() - began);
      const seen = weights.map(({ director, weight }) => {
        const after = since.get(director);
        return `${director}: weight ${weight}${after === undefined ? '' : ` after ${formatMs(after)}`}`;
      });
      const evidence = [bed.evidence.write(`${rule.id}-${context.slug}.txt`, `${seen.join('\n')}\n`)];
      // A look that began in time may have ended late: what it saw then came too late.
      const inTime = [...since.values()].every((ms) => ms <= rule.budget + SCHEDULING_MARGIN_MS);
      return {
        ok: weights.every((w) => rule.holds(w.weight)) && inTime,
        final: !inTime,
        seen: seen.join(', '),
        evidence,
        figures: Object.fromEntries(since),
      };
    },
  };
}
