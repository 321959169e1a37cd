import { drivers, driversOf, STANDARD_DRIVER } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import type { Tried } from '../kernels/kernel.ts';
import { probeKernel } from '../kernels/probe.ts';
import { needsModules } from '../layout/files.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { KernelChoice, KernelName } from '../model/words.ts';

/** A lab cannot run on this engine, because no kernel here can run its directors' drivers: none of it is tested. */
export class CannotRun extends Failure<'kernel-not-usable' | 'no-usable-kernel'> {}

/**
 * Returns the kernel that a node requests: its own choice, else `auto`; for a node that needs no kernel module, `auto`
 * is the engine's kernel, so that only nodes that need their own kernel pay for one.
 */
export function wantedKernel(lab: Lab, node: LabNode): KernelChoice {
  return node.kernel === 'auto' && !needsModules(lab, node) ? PLAIN : node.kernel;
}

/**
 * Returns the drivers that a kernel chosen for the lab must support: those of its directors, or the default one if it
 * has no director.
 */
function carried(lab: Lab): readonly Tried[] {
  const own = driversOf(lab);
  return own.length > 0 ? own : [drivers[STANDARD_DRIVER]];
}

/**
 * Returns the kernel of each node: the requested one, with `auto` resolved for this engine. Throws CannotRun if no
 * kernel here can run a director, or a requested kernel does not work.
 */
export async function chooseKernels(engine: Engine, lab: Lab): Promise<ReadonlyMap<string, KernelName>> {
  const choice = new Map<string, KernelName>();
  const wantedBy = carried(lab);
  let auto: KernelName | undefined;
  for (const node of lab.nodes) {
    const wanted = wantedKernel(lab, node);
    if (wanted === 'auto') {
      auto ??= await bestKernel(engine, wantedBy);
      choice.set(node.name, auto);
    } else {
      if (kernels[wanted].own || node.kind === 'director') {
        const why = await whyNot(engine, wanted, wantedBy);
        if (why !== undefined) {
          throw new CannotRun('kernel-not-usable', { node: node.name, kernel: wanted, why });
        }
      }
      choice.set(node.name, wanted);
    }
  }
  return choice;
}

/** Returns why a kernel cannot run drivers here; undefined if it can. */
async function whyNot(engine: Engine, name: KernelName, wantedBy: readonly Tried[]): Promise<string | undefined> {
  for (const driver of wantedBy) {
    const found = await probeKernel(engine, name, driver);
    if (!found.usable) return found.why;
  }
  return undefined;
}

async function bestKernel(engine: Engine, wantedBy: readonly Tried[]): Promise<KernelName> {
  const reasons: string[] = [];
  for (const name of Object.keys(kernels) as KernelName[]) {
    const why = await whyNot(engine, name, wantedBy);
    if (why === undefined) return name;
    reasons.push(`${name}: ${why}`);
  }
  throw new CannotRun('no-usable-kernel', { reasons, wanted: wantedBy.map((d) => d.trial.wanted) });
}
