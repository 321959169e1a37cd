import type { Lab } from '../model/lab.ts';
import { directors, found } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { DRIVERS, type DriverName } from '../model/words.ts';
import type { Driver } from './driver.ts';
import { ipvs } from './ipvs/driver.ts';

/** Every driver, by the name that a lab file gives it. */
export const drivers: Readonly<Record<DriverName, Driver>> = { ipvs };

/** The driver of directors for which nobody says one. */
export const STANDARD_DRIVER: DriverName = DRIVERS[0];

/** The driver of a director. */
export function driverOf(node: LabNode): Driver {
  return drivers[found(node.driver, `driver of ${node.name}`)];
}

/** The drivers of a lab's directors, each once. */
export function driversOf(lab: Pick<Lab, 'nodes'>): readonly Driver[] {
  return [...new Set(directors(lab).map(driverOf))];
}
