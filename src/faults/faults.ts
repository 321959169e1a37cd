import type { Bed } from '../checks/bed.ts';
import { CannotObserve } from '../checks/check.ts';
import { eventually } from '../eventually.ts';
import { portName } from '../fabric/wiring.ts';
import { kernels } from '../kernels/index.ts';
import { Executor } from '../plan/execute.ts';
import { observe } from '../plan/observe.ts';
import { reconcile, runningKernels } from '../plan/reconcile.ts';

/** Runs a shell line in the fabric, which sees the engine's processes, and returns the engine's time right before, in microseconds. */
async function stamped(bed: Bed, line: string): Promise<number> {
  const result = await bed.engine.exec(bed.running.fabric.id, ['sh', '-ec', `date +%s%6N; ${line}`], {
    signal: bed.signal,
  });
  const at = Number(result.stdout.trim().split('\n')[0]);
  if (result.code !== 0 || !Number.isFinite(at))
    throw new CannotObserve(`the fault could not be made: ${result.stderr.trim()}`);
  return at;
}

/** Kills a node at once, its kernel with it, as a power cut would. Returns when, in microseconds of the engine's clock. */
export async function kill(bed: Bed, node: string): Promise<number> {
  const pid = await bed.engine.pid(bed.containerOf(node));
  const at = await stamped(bed, `kill -KILL ${pid}`);
  const ended = await eventually(async () => ((await bed.engine.pid(bed.containerOf(node))) === 0 ? true : undefined), {
    within: 5000,
    every: 20,
    signal: bed.signal,
  });
  if (!ended) throw new CannotObserve(`${node} was killed and still runs`);
  return at;
}

/** Starts a killed node again and gives it its wires back. Returns once it is ready. */
export async function revive(bed: Bed, bootDeadline: number): Promise<void> {
  const running = await observe(bed.engine, bed.running.name);
  const kernels = runningKernels(running);
  const plan = reconcile(bed.lab, kernels, running, false);
  await new Executor(bed.engine, bed.lab, kernels, running, {
    emit: () => undefined,
    signal: bed.signal,
    bootDeadline,
  }).run(plan);
}

/** Stops or starts a program of a node. Returns when, in microseconds of the engine's clock. */
export async function service(bed: Bed, node: string, verb: 'stop' | 'start', name: string): Promise<number> {
  const at = await stamped(bed, 'true');
  await bed.run(node, ['svc', verb, name]);
  return at;
}

/**
 * Cuts the wires of a node on segments, or mends them. The fabric lets no frame through; where a guest
 * kernel's card has a plug, it is drawn at both ends, so that bonds see the carrier go. Returns when, in microseconds of the engine's clock.
 */
export async function wires(
  bed: Bed,
  node: string,
  segments: readonly string[],
  to: 'cut' | 'mended',
): Promise<number> {
  const state = to === 'cut' ? 'down' : 'up';
  const ends = bed.lab.nodes.flatMap((n) =>
    n.interfaces.flatMap((card, i) =>
      segments.includes(card.segment) ? [{ node: n, card, port: portName(n.name, i) }] : [],
    ),
  );
  const own = ends.filter((e) => e.node.name === node);
  const at = await stamped(bed, own.map((e) => `ip link set ${e.port} ${state}`).join('; '));
  const made = runningKernels(bed.running);
  // On a wire of two ends the other end loses its carrier too; on a segment of many only the port goes dark.
  const dark = ends.filter(
    (e) => e.node.name === node || ends.filter((o) => o.card.segment === e.card.segment).length === 2,
  );
  await Promise.all(
    dark.map(async (e) => {
      const device = kernels[made.get(e.node.name) ?? 'host'].carrier(e.node, e.card);
      if (device !== undefined) await bed.run(e.node.name, ['ip', 'link', 'set', device, state]);
    }),
  );
  return at;
}
