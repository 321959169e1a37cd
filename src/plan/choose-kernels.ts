import type { Driver } from '../drivers/driver.ts';
import { driverOf, drivers, driversOf, STANDARD_DRIVER } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { type Image, NODE } from '../engine/images.ts';
import { Failure } from '../failure.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import { probeKernel } from '../kernels/probe.ts';
import { needsModules } from '../layout/files.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { KernelChoice, KernelName } from '../model/words.ts';

/** A lab cannot run on this engine, because no kernel here can run its directors' drivers: none of it is tested. */
export class CannotRun extends Failure<'kernel-not-usable' | 'no-usable-kernel' | 'no-driver'> {}

/**
 * Returns the kernel that a node requests: its own choice, else `auto`; for a node that needs no kernel module, `auto`
 * is the engine's kernel, so that only nodes that need their own kernel pay for one.
 */
export function wantedKernel(lab: Lab, node: LabNode): KernelChoice {
  const plain = node.driver ? !driverOf(node).ownKernels : false;
  return node.kernel === 'auto' && (plain || !needsModules(lab, node)) ? PLAIN : node.kernel;
}

/** Returns the images of a lab's nodes. Throws CannotRun if a driver's own program is missing. */
export function imagesOf(lab: Lab): readonly Image[] {
  return [NODE, ...driversOf(lab).map(imageOf)];
}

function imageOf(driver: Driver): Image {
  const why = driver.missing();
  if (why !== undefined) throw new CannotRun('no-driver', { driver: driver.name, why });
  return driver.image();
}

/**
 * Returns the driver that the kernel of a node must be able to run: a director's own. The kernel of any other node must
 * have the modules that the standard driver needs.
 */
function carriedBy(node: LabNode): Driver {
  return node.driver ? driverOf(node) : drivers[STANDARD_DRIVER];
}

/**
 * Returns the kernel of each node: the requested one, with `auto` resolved for this engine. Throws CannotRun if no
 * kernel here can run a director, or a requested kernel does not work.
 */
export async function chooseKernels(engine: Engine, lab: Lab): Promise<ReadonlyMap<string, KernelName>> {
  const choice = new Map<string, KernelName>();
  let auto: KernelName | undefined;
  for (const node of lab.nodes) {
    const wanted = wantedKernel(lab, node);
    const driver = carriedBy(node);
    if (wanted === 'auto') {
      auto ??= await bestKernel(engine, driver);
      choice.set(node.name, auto);
    } else {
      if (kernels[wanted].own || node.kind === 'director') {
        const { usable, why } = await probeKernel(engine, wanted, driver);
        if (!usable) throw new CannotRun('kernel-not-usable', { node: node.name, kernel: wanted, why });
      }
      choice.set(node.name, wanted);
    }
  }
  return choice;
}

async function bestKernel(engine: Engine, driver: Driver): Promise<KernelName> {
  const reasons: string[] = [];
  for (const name of Object.keys(kernels) as KernelName[]) {
    const { usable, why } = await probeKernel(engine, name, driver);
    if (usable) return name;
    reasons.push(`${name}: ${why}`);
  }
  throw new CannotRun('no-usable-kernel', { reasons, wanted: [driver.trial.wanted] });
}
