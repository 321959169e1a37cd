import { findEntry, rowOf } from '../drivers/entry.ts';
import type { Real, Service } from '../model/service.ts';
import { byCommand } from '../plan/changes.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Bed } from './bed.ts';

/**
 * How a real server is set aside: removed from the table, where no persistence template leads to it either, or drained
 * with weight 0, so that it gets no new connection.
 */
export type Aside = 'removed' | 'drained';

/**
 * Sets real servers of a service aside on every director that carries it during `work`, and always restores them with
 * their former weights. Throws CannotObserve if one of them is not in a table.
 */
export async function without<T>(
  bed: Bed,
  service: Service,
  reals: readonly Real[],
  how: Aside,
  work: () => Promise<T>,
): Promise<T> {
  const changes = await Promise.all(
    bed.carriers(service).map(async ({ name }) => {
      const found = findEntry(await bed.table(name), service);
      return reals.map(({ node }) => {
        const real = found?.service.reals.find((r) => r.node === node);
        const row = found && real && rowOf(found.entry, real);
        if (!row) throw new CannotObserve(`${node} is not in the table of ${name}`);
        return { director: name, service: found.service, real, weight: row.weight };
      });
    }),
  );
  const removed = how === 'removed';
  const every = changes.flat().map(({ director, service: listed, real, weight }) => {
    const control = bed.control(director);
    return {
      director,
      command: removed ? control.removeServer(listed, real) : control.setWeight(listed, real, 0),
      change: byCommand(
        `${real.node} ${removed ? 'removed from' : 'drained in'} ${service.name} on ${director}`,
        director,
        removed ? control.restoreServer(listed, real, weight) : control.restoreWeight(listed, real, weight),
      ),
    };
  });
  return bed.changes.during(
    every.map((e) => e.change),
    async (steady) => {
      for (const { director, command } of every) await steady.run(director, command);
    },
    work,
  );
}
