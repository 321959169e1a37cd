import { driverOf } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { imageTag, NODE } from '../engine/images.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import { shell } from '../shell.ts';
import { wantedKernel } from './choose-kernels.ts';

/** The current free capacity of the engine's machine. */
export interface Capacity {
  /** Maximum number of labs at once, by its processors or as requested by the user. */
  readonly labs: number;
  /** Megabytes that labs may use together. */
  readonly memoryMb: number;
  readonly words: string;
}

/** Share of the currently free memory that labs may use. */
const SHARE = 0.7;

/** Returns the memory that a lab will use, in megabytes. */
export function needOf(lab: Lab): number {
  const most = Math.max(...Object.values(kernels).map((k) => k.takesMb));
  const takes = (n: LabNode) => {
    const kernel = wantedKernel(lab, n);
    return (kernel === 'auto' ? most : kernels[kernel].takesMb) + (n.driver ? driverOf(n).needs.memoryMb : 0);
  };
  return lab.nodes.reduce((sum, n) => sum + takes(n), kernels[PLAIN].takesMb);
}

/** Reads the free capacity of the engine's machine, which may differ from this one. `jobs` is the user's choice. */
export async function capacityOf(engine: Engine, jobs: number | undefined): Promise<Capacity> {
  const look = shell('nproc; grep MemAvailable /proc/meminfo');
  const { stdout } = await engine.runOnce(imageTag(NODE), look, kernels[PLAIN].needs, { 'lvslab.probe': 'capacity' });
  const cpus = Number(/^\d+/.exec(stdout)?.[0] ?? 1);
  const free = Number(/MemAvailable: +(\d+)/.exec(stdout)?.[1] ?? 0) / 1024;
  // Labs wait more than they compute: for adverts, dead intervals, health checks.
  const labs = Math.max(1, jobs ?? cpus + 1);
  const memoryMb = free * SHARE;
  const why = jobs === undefined ? `${cpus} CPUs` : 'as given by --jobs';
  return {
    labs,
    memoryMb,
    words: `${labs} at once (${why}) within ${Math.round(memoryMb)} MB of ${Math.round(free)} MB free`,
  };
}

/**
 * Runs work on each item, as many at once as there is capacity for: an item waits while running work leaves no room for
 * it, but a single item always runs. Results are in the items' order; items not started before an abort are left out.
 * Throws the error of work, after the running work has ended.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  need: (item: T) => number,
  capacity: Capacity,
  work: (item: T) => Promise<R>,
  signal: AbortSignal,
): Promise<readonly R[]> {
  const waiting = items.map((item, index) => ({ item, index }));
  const results = new Map<number, R>();
  const running = new Set<Promise<void>>();
  let used = 0;
  let failure: { readonly error: unknown } | undefined;
  while (waiting.length > 0 || running.size > 0) {
    const fits = waiting.findIndex(({ item }) => running.size === 0 || used + need(item) <= capacity.memoryMb);
    if (fits >= 0 && running.size < capacity.labs && !signal.aborted && !failure) {
      const [next] = waiting.splice(fits, 1);
      if (!next) break;
      used += need(next.item);
      const job = work(next.item)
        .then(
          (result) => void results.set(next.index, result),
          (error: unknown) => {
            failure ??= { error };
          },
        )
        .finally(() => {
          used -= need(next.item);
          running.delete(job);
        });
      running.add(job);
    } else if (running.size > 0) {
      await Promise.race(running);
    } else break;
  }
  if (failure) throw failure.error;
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
