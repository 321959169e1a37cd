import { appOf } from '../apps/index.ts';
import type { Control } from '../drivers/driver.ts';
import { findEntry } from '../drivers/entry.ts';
import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors } from '../model/lookup.ts';
import type { Real, Service } from '../model/service.ts';
import type { Hand } from '../plan/hand.ts';
import type { Stamp } from './fault.ts';

/** Returns each service in which a node is a real server, with its entry there. */
export function places(lab: Lab, node: string): readonly { service: Service; real: Real }[] {
  return lab.services.flatMap((service) =>
    service.reals.filter((r) => r.node === node).map((real) => ({ service, real })),
  );
}

/** Changes a real server in the table of every running director. */
export async function weigh(
  hand: Hand,
  node: string,
  command: (control: Control, service: Service, real: Real) => readonly string[],
): Promise<Stamp> {
  const balancers = directors(hand.lab).filter((d) => hand.running.nodes.get(d.name)?.running);
  const stamps = await Promise.all(
    balancers.map(async (d) => {
      const control = driverOf(d).control((command) => hand.run(d.name, command), d);
      const each: Stamp[] = [];
      const table = await control.table();
      for (const place of places(hand.lab, node)) {
        const service = findEntry(table, place.service)?.service ?? place.service;
        const real = service.reals.find((r) => r.node === node) ?? place.real;
        each.push((await hand.timed(d.name, command(control, service, real))).at);
      }
      return each;
    }),
  );
  return stamps.flat().length > 0 ? Math.min(...stamps.flat()) : hand.now();
}

/** Returns the programs that serve on a real server. */
export function programsOf(lab: Lab, node: string): readonly string[] {
  return [...new Set(places(lab, node).flatMap(({ service }) => appOf(service).program ?? []))];
}
