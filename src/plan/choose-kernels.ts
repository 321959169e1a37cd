import type { Driver } from '../drivers/driver.ts';
import { driverOf, drivers, driversOf, STANDARD_DRIVER } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { type Image, NODE } from '../engine/images.ts';
import { Failure } from '../failure.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import type { Availability, Tried } from '../kernels/kernel.ts';
import { needed } from '../kernels/needs.ts';
import { imageWith, probeKernel } from '../kernels/probe.ts';
import { needsModules } from '../layout/files.ts';
import { kernelNeeds, needsKernel } from '../layout/kernel-needs.ts';
import type { Lab } from '../model/lab.ts';
import { found } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { KernelChoice, KernelName } from '../model/words.ts';
import { domainsOf } from '../nodes/domain.ts';
import { whyNoFrr, withOwnFrr } from '../nodes/own-frr.ts';

/** A lab cannot run on this engine, because no kernel here can run its directors' drivers: none of it is tested. */
export class CannotRun extends Failure<
  'kernel-not-usable' | 'no-usable-kernel' | 'no-driver' | 'no-routing' | 'no-extra'
> {}

/** Builds an image that the engine lacks. */
export type Ensure = (image: Image) => Promise<void>;

/** The kernel of a node, and why it is that one, in words. */
export interface Chosen {
  readonly kernel: KernelName;
  readonly why: string;
}

/**
 * Returns the kernel that a node requests: its own choice, else `auto`; for a node that needs nothing of a kernel, `auto`
 * is the engine's kernel, so that only nodes that need their own kernel pay for one.
 */
export function wantedKernel(lab: Lab, node: LabNode): KernelChoice {
  return node.kernel === 'auto' && tried(lab, node) === undefined ? PLAIN : node.kernel;
}

/** Returns the images of a lab's nodes, apart from those of a kernel. Throws CannotRun if a program of the user is missing. */
export function imagesOf(lab: Lab): readonly Image[] {
  const images = driversOf(lab).map(imageOf);
  const routes = lab.nodes.filter((n) => domainsOf(lab, n).length > 0);
  const why = routes.length > 0 ? whyNoFrr() : undefined;
  if (why !== undefined) throw new CannotRun('no-routing', { program: 'FRR', why });
  return [NODE, ...images, ...routes.map((node) => imageBelow(lab, node))];
}

function imageOf(driver: Driver): Image {
  const why = driver.missing();
  if (why !== undefined) throw new CannotRun('no-driver', { driver: driver.name, why });
  return driver.image();
}

/** Returns the image of a node with a kernel. */
export function imageOfNode(lab: Lab, node: LabNode, kernel: KernelName): Image {
  return imageWith(kernel, { image: () => imageBelow(lab, node) });
}

/** Returns the image of a node without a kernel: its driver's, with the user's FRR if it runs one. */
function imageBelow(lab: Lab, node: LabNode): Image {
  const own = node.driver ? driverOf(node).image() : NODE;
  return domainsOf(lab, node).length > 0 ? withOwnFrr(own) : own;
}

/**
 * Returns the driver that the kernel of a node must be able to run: a director's own. The kernel of any other node must
 * have the modules that the standard driver needs.
 */
function carriedBy(node: LabNode): Driver {
  return node.driver ? driverOf(node) : drivers[STANDARD_DRIVER];
}

/**
 * Returns what a kernel must be able to do for a node: run its driver, and what the node needs in addition. Undefined if
 * every kernel can do it, or if the engine's kernel must do it.
 */
function tried(lab: Lab, node: LabNode): Tried | undefined {
  const driver = carriedBy(node);
  if (node.driver && !driver.ownKernels) return undefined;
  if (!needsKernel(lab, node)) return undefined;
  const needs = kernelNeeds(lab, node).map((n) => n.need);
  return needed(needsModules(lab, node) ? driver : undefined, needs, () => NODE);
}

/**
 * Returns the kernel of each node, with the reason: the requested one, with `auto` resolved for this engine. Builds the
 * image of a kernel when it is tried. Throws CannotRun if no kernel here can run a director, or a requested kernel does
 * not work.
 */
export async function explainKernels(engine: Engine, lab: Lab, ensure: Ensure): Promise<ReadonlyMap<string, Chosen>> {
  const chosen = new Map<string, Chosen>();
  const best = new Map<string, Chosen>();
  for (const node of lab.nodes) {
    const wanted = wantedKernel(lab, node);
    const what = tried(lab, node);
    if (wanted === 'auto' && what) {
      const first =
        best.get(what.name) ??
        (await bestKernel(engine, what, ensure, kernelNeeds(lab, node).length > 0 ? node.name : undefined));
      best.set(what.name, first);
      chosen.set(node.name, { ...first, why: [...reasons(lab, node), first.why].join('; ') });
    } else {
      const kernel = wanted === 'auto' ? PLAIN : wanted;
      if (kernels[kernel].own || node.kind === 'director') {
        const { usable, why } = await attempt(engine, kernel, what ?? carriedBy(node), ensure);
        if (!usable) throw new CannotRun('kernel-not-usable', { node: node.name, kernel, why });
      }
      chosen.set(node.name, {
        kernel,
        why: node.kernel === 'auto' ? 'it needs nothing that other kernels lack' : 'it was asked for',
      });
    }
    await tryExtra(engine, node, found(chosen.get(node.name), `kernel of ${node.name}`).kernel, ensure);
  }
  return chosen;
}

/** Tries what one director needs beyond the others of its driver. Throws CannotRun if it does not work. */
async function tryExtra(engine: Engine, node: LabNode, kernel: KernelName, ensure: Ensure): Promise<void> {
  const driver = carriedBy(node);
  const extra = node.driver ? driver.extra(node) : undefined;
  if (!extra) return;
  const { usable, why } = await attempt(
    engine,
    kernel,
    {
      name: `${driver.name}-${extra.name}`,
      trial: extra.trial,
      needs: { memoryMb: driver.needs.memoryMb, devices: extra.devices },
      image: () => driver.image(),
    },
    ensure,
  );
  if (!usable) throw new CannotRun('no-extra', { node: node.name, key: extra.name, why, wanted: extra.trial.wanted });
}

/** Returns the kernel of each node; see `explainKernels`. */
export async function chooseKernels(
  engine: Engine,
  lab: Lab,
  ensure: Ensure = async () => undefined,
): Promise<ReadonlyMap<string, KernelName>> {
  const chosen = await explainKernels(engine, lab, ensure);
  // A kernel was tried on the image of a driver; the node's own may have more.
  for (const node of lab.nodes.filter((n) => domainsOf(lab, n).length > 0))
    await ensure(imageOfNode(lab, node, found(chosen.get(node.name), `kernel of ${node.name}`).kernel));
  return new Map([...chosen].map(([node, { kernel }]) => [node, kernel]));
}

/** Returns what a node needs in addition to its driver and modules, each with its reason. */
function reasons(lab: Lab, node: LabNode): readonly string[] {
  return kernelNeeds(lab, node).map(({ need, why }) => `it needs ${need}, because ${why}`);
}

/** Probes a kernel, after its image is built; an image that cannot be built is a reason why it does not work. */
async function attempt(engine: Engine, name: KernelName, what: Tried, ensure: Ensure): Promise<Availability> {
  const missing = kernels[name].missing?.();
  if (missing !== undefined) return { usable: false, version: '', why: missing };
  try {
    await ensure(imageWith(name, what));
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'image-not-built') throw error;
    return { usable: false, version: '', why: error.message };
  }
  return probeKernel(engine, name, what);
}

/** Returns the first kernel that can do what is tried; `node` is the one with needs of its own for which it is tried. */
async function bestKernel(engine: Engine, what: Tried, ensure: Ensure, node?: string): Promise<Chosen> {
  const refused: string[] = [];
  for (const name of Object.keys(kernels) as KernelName[]) {
    const { usable, why } = await attempt(engine, name, what, ensure);
    if (usable) return { kernel: name, why: [...refused, `${name}: ${why}`].join('; ') };
    refused.push(`${name}: ${why}`);
  }
  throw new CannotRun('no-usable-kernel', { node, reasons: refused, wanted: [what.trial.wanted] });
}
