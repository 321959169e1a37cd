import type { Service } from '../lab/model.ts';
import type { CheckSpec } from './check.ts';
import { tally } from './path.ts';
import type { Traffic } from './traffic.ts';

/** Connections that may break the alternation: someone else's connection in between takes a turn. */
const RR_TOLERANCE = 1;

/** The distribution that the scheduler promises; none yet for schedulers whose promise needs held connections or many clients. */
export function schedulerChecks(service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
  if (service.scheduler !== 'rr') return [];
  return [
    {
      id: 'scheduler.rr',
      subject: service.name,
      promise: `${service.reals.map((r) => r.node).join(', ')} take turns; at most ${RR_TOLERANCE} connection out of turn`,
      within: 0,
      every: 0,
      look: async () => {
        const t = await traffic();
        const order = t.requests.filter((r) => r.status === 200).map((r) => r.server);
        const turns = service.reals.length;
        // In turn means: not one of the servers that the last n-1 connections went to.
        const out = order.filter((server, i) => order.slice(Math.max(0, i - turns + 1), i).includes(server)).length;
        const all = service.reals.every((r) => order.includes(r.node));
        return { ok: all && out <= RR_TOLERANCE, seen: `${tally(order)}, ${out} out of turn`, evidence: t.evidence };
      },
    },
  ];
}
