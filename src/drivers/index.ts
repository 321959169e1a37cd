import { type Image, NODE } from '../engine/images.ts';
import { kernels } from '../kernels/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors, found } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { DRIVERS, type DriverName } from '../model/words.ts';
import { dpvs } from './dpvs/driver.ts';
import type { Driver } from './driver.ts';
import { ipvs } from './ipvs/driver.ts';

/** Every driver, by its name in a lab file. */
export const drivers: Readonly<Record<DriverName, Driver>> = { ipvs, dpvs };

/** The driver of directors for which the lab file names none. */
export const STANDARD_DRIVER: DriverName = DRIVERS[0];

/** Returns the driver of a director. */
export function driverOf(node: LabNode): Driver {
  return drivers[found(node.driver, `driver of ${node.name}`)];
}

/** Returns the drivers of a lab's directors, without duplicates. */
export function driversOf(lab: Pick<Lab, 'nodes'>): readonly Driver[] {
  return [...new Set(directors(lab).map(driverOf))];
}

/** Returns the images of nodes and of directors, as far as the drivers' own programs are here. */
export function availableImages(of: readonly Driver[] = Object.values(drivers)): readonly Image[] {
  return [NODE, ...of.filter((d) => d.missing() === undefined).map((d) => d.image())];
}

/** Returns every image that has the project's own programs only: others can have them as they are. */
export function projectImages(): readonly Image[] {
  const ofKernels = Object.values(kernels).flatMap((kernel) => kernel.image?.(NODE) ?? []);
  return [NODE, ...Object.values(drivers).flatMap((driver) => driver.runtime ?? []), ...ofKernels];
}

/** Returns the drivers that carry services: those of the directors, or the default one if there is no director yet. */
export function carriers(nodes: readonly LabNode[]): readonly Driver[] {
  const all = driversOf({ nodes });
  return all.length > 0 ? all : [drivers[STANDARD_DRIVER]];
}
