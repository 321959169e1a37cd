import { appOf } from '../apps/index.ts';
import type { Service } from '../model/service.ts';
import type { CheckSpec } from './check.ts';
import { tally } from './path.ts';
import { ask, REQUESTS, servers } from './traffic.ts';

/** Schedulers that give every server with a weight its turn, whatever the client. */
const IN_TURN: readonly Service['scheduler'][] = ['rr', 'wrr'];

/**
 * Returns the check of one-packet scheduling: without it, all datagrams of one client port are one connection, and go to
 * one real server. Only schedulers that take turns show it.
 */
export function opsTrials(service: Service): readonly CheckSpec[] {
  const { reals, scheduler, ops, persistence } = service;
  const takers = reals.filter((r) => r.weight > 0);
  if (!ops || persistence || takers.length < 2 || !IN_TURN.includes(scheduler) || !appOf(service).tells) return [];
  const round = scheduler === 'rr' ? takers.length : takers.reduce((sum, r) => sum + r.weight, 0);
  const count = Math.max(REQUESTS, 2 * round);
  return [
    {
      id: 'scheduler.ops',
      subject: service.name,
      promise: `${count} datagrams from one port of the client are scheduled one by one: each of ${takers.map((r) => r.node).join(', ')} gets some`,
      within: 0,
      every: 0,
      look: async (bed) => {
        const seen = servers(await ask(bed, service, { count, onePort: true }));
        return { ok: seen.length === count && takers.every((r) => seen.includes(r.node)), seen: tally(seen) };
      },
    },
  ];
}
