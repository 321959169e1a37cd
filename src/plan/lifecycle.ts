import { counted } from '../counted.ts';
import type { Engine } from '../engine/engine.ts';
import type { Image } from '../engine/images.ts';
import { fabricOf } from '../engine/labels.ts';
import { ensureImages } from '../engine/ready-images.ts';
import { Refusal } from '../engine/refusal.ts';
import type { Emit } from '../events.ts';
import { eventually } from '../eventually.ts';
import { Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import type { KernelName } from '../model/words.ts';
import { chooseKernels, imagesOf } from './choose-kernels.ts';
import { Executor, SomebodyElse } from './execute.ts';
import { type Turn, takeTurn } from './hold.ts';
import { mustRun, observe, type Running, type RunningLab } from './observe.ts';
import { differences, type Plan, reconcile, removal, startedBy } from './reconcile.ts';

export interface UpOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly recreate: boolean;
  /** Milliseconds that nodes may take to start, and that other processes which start the same lab may take. */
  readonly bootDeadline: number;
}

/** What was done to start a lab, and the lab as it runs now. */
export interface Up {
  readonly outcome: 'created' | 'completed' | 'unchanged';
  readonly running: RunningLab;
}

type Kernels = ReadonlyMap<string, KernelName>;

/** Returns the kernels of a lab's nodes. Probes kernels, and builds images that are missing. */
async function prepare(engine: Engine, lab: Lab, emit: Emit): Promise<Kernels> {
  const ensure = (images: readonly Image[]) => ensureImages(engine, images, (text) => emit({ type: 'note', text }));
  await ensure(imagesOf(lab));
  return chooseKernels(engine, lab, (image) => ensure([image]));
}

/** Returns the plan for starting a lab. Probes kernels, and builds images that are missing. */
export async function planUp(engine: Engine, lab: Lab, options: UpOptions): Promise<Plan> {
  const kernels = await prepare(engine, lab, options.emit);
  const turn = await takeTurn(engine, lab.name, { ...options, within: options.bootDeadline });
  turn.hold?.release();
  return planFor(lab, kernels, turn, options);
}

/** Throws a usage failure if the lab runs from a different definition. */
function planFor(
  lab: Lab,
  kernels: Kernels,
  { running, unfinished }: Turn,
  { recreate }: Pick<UpOptions, 'recreate'>,
): Plan {
  if (running.lab && running.fabric?.running && running.nodes.size > 0 && unfinished !== 'all' && !recreate) {
    const changed = differences(running.lab, lab);
    if (changed.length > 0) {
      throw new Failure('lab-changed', { lab: lab.name, changed });
    }
  }
  return reconcile(lab, kernels, running, { recreate, unfinished });
}

/**
 * Starts a lab, or its missing parts. Returns what was done. Waits for other processes that do the same: the fabric's
 * name, which the engine gives out only once, decides which process creates a lab, and the hold in it which process
 * repairs it. If it fails or is aborted, it removes what it created of a new lab, and nothing else.
 */
export async function bringUp(engine: Engine, lab: Lab, options: UpOptions): Promise<Up> {
  const began = performance.now();
  const [kernels, met] = await Promise.all([prepare(engine, lab, options.emit), observe(engine, lab.name)]);
  for (;;) {
    const turn = await takeTurn(engine, lab.name, { ...options, within: options.bootDeadline });
    try {
      const recreate = options.recreate && isStillThere(met, turn.running, lab);
      const plan = planFor(lab, kernels, turn, { recreate });
      if (plan.length === 0) {
        await turn.hold?.done();
        options.emit({
          type: 'lab',
          lab: lab.name,
          state: 'unchanged',
          detail: `${counted(lab.nodes.length, 'node')} running`,
          ms: performance.now() - began,
        });
        return { outcome: 'unchanged', running: await mustRun(engine, lab.name) };
      }
      const up = await carryOut(engine, { lab, kernels, plan }, turn, options);
      options.emit({
        type: 'lab',
        lab: lab.name,
        state: 'up',
        detail: counted(lab.nodes.length, 'node'),
        ms: performance.now() - began,
      });
      return up;
    } catch (error) {
      if (!(error instanceof SomebodyElse)) throw error;
    } finally {
      turn.hold?.release();
    }
  }
}

/**
 * Returns whether the lab that was to be replaced still exists, or a lab other than the wanted one: a lab that was
 * created since and matches the wanted one stays.
 */
function isStillThere(met: Running, now: Running, lab: Lab): boolean {
  return met.fabric?.id === now.fabric?.id || !now.lab || differences(now.lab, lab).length > 0;
}

/** Carries out a plan that is not empty. */
async function carryOut(
  engine: Engine,
  { lab, kernels, plan }: { readonly lab: Lab; readonly kernels: Kernels; readonly plan: Plan },
  turn: Turn,
  options: UpOptions,
): Promise<Up> {
  const { running } = turn;
  const fresh = plan.flat().some((op) => op.op === 'create-fabric');
  options.emit({ type: 'plan', lab: lab.name, nodes: lab.nodes.map((n) => n.name) });
  if (!fresh) await turn.hold?.begin(startedBy(plan));
  const executor = new Executor(engine, lab, kernels, running, options);
  const fabricNow = () => (fresh ? executor.made[0] : running.fabric?.id);
  try {
    await executor.run(plan);
    await (fresh ? executor.hold : turn.hold)?.done();
    const up = await mustRun(engine, lab.name);
    if (up.fabric.id !== fabricNow()) throw takenDown(lab.name, 'brought up');
    return { outcome: fresh ? 'created' : 'completed', running: up };
  } catch (error) {
    const [fabric, nodes] = [fabricNow(), [...executor.made, ...(fresh ? [] : kept(running, plan))]];
    const taken =
      fabric !== undefined && !options.signal?.aborted && (await isTaken(engine, lab.name, fabric, nodes, error));
    if (fresh) await undo(engine, executor.made);
    throw taken ? takenDown(lab.name, 'brought up') : error;
  } finally {
    executor.hold?.release();
  }
}

/** Returns the containers that a plan keeps. */
function kept(running: Running, plan: Plan): readonly string[] {
  const removed = new Set(plan.flat().flatMap((op) => (op.op === 'remove' ? [op.id] : [])));
  return running.containers.map((c) => c.id).filter((id) => !removed.has(id));
}

/** Returns the failure for a lab that was taken down while it was `brought up`, or `tested`. */
export function takenDown(name: string, meanwhile: 'brought up' | 'tested'): Failure {
  return new Failure('taken-down', { lab: name, meanwhile });
}

/** Longest time from the removal of a lab's first node to that of its fabric, in milliseconds. */
const GOING_MS = 10_000;

/** For how many milliseconds the engine may show a container that it removes as ended, or running. */
const ENDING_MS = 1000;

/**
 * Returns whether the lab of a fabric is being taken down: the fabric is gone, or goes after one of its nodes has gone.
 * If the engine has rejected a request (`error`), it may know of a removal that it does not show yet.
 */
export async function isTaken(
  engine: Engine,
  name: string,
  fabric: string,
  nodes: readonly string[],
  error?: unknown,
): Promise<boolean> {
  const states = async (ids: readonly string[]) => {
    const { containers } = await observe(engine, name);
    return ids.map((id) => containers.find((c) => c.id === id)?.state ?? 'going');
  };
  const going = (ids: readonly string[], within: number) =>
    eventually(async () => ((await states(ids)).includes('going') ? true : undefined), { within, every: 50 });
  const unsure = error instanceof Refusal || (await states(nodes)).includes('ended');
  if (!(await going([fabric, ...nodes], unsure ? ENDING_MS : 0))) return false;
  return (await going([fabric], GOING_MS)) ?? false;
}

/** Removes the created containers, the fabric last. */
async function undo(engine: Engine, made: readonly string[]): Promise<void> {
  const [fabric, ...nodes] = made;
  await Promise.allSettled(nodes.map((id) => engine.remove(id)));
  // The original error is reported, not this one.
  if (fabric !== undefined) await engine.remove(fabric).catch(() => undefined);
}

/**
 * For how many milliseconds a removal watches for containers that an interrupted `up` had requested from the engine.
 */
const LATECOMERS_MS = 1000;

/**
 * Removes a lab and all its remains: all labs of that name that exist now, or the one with a given fabric. A lab that
 * is started meanwhile is another lab. Returns how many containers were removed.
 */
export async function takeDown(engine: Engine, name: string, emit: Emit, fabric?: string): Promise<number> {
  const began = performance.now();
  let removed = 0;
  let halfMade = false;
  const first = await observe(engine, name);
  const doomed = new Set(fabric === undefined ? first.containers.map(fabricOf) : [fabric]);
  const sweep = async (): Promise<boolean> => {
    const running = await observe(engine, name);
    const containers = running.containers.filter((c) => doomed.has(fabricOf(c)));
    halfMade ||=
      containers.length > 0 &&
      (!running.lab || containers.length <= running.lab.nodes.length || containers.some((c) => !c.running));
    for (const stage of removal(containers)) {
      const results = await Promise.allSettled(
        stage.map((op) => (op.op === 'remove' ? engine.remove(op.id) : undefined)),
      );
      const failed = results.find((r) => r.status === 'rejected');
      if (failed) throw failed.reason;
      removed += stage.length;
    }
    return containers.length === 0;
  };
  const empty = await eventually(async () => ((await sweep()) ? true : undefined), { within: 30_000, every: 20 });
  if (!empty) throw new Failure('not-removed', { lab: name });
  if (halfMade) {
    for (const until = performance.now() + LATECOMERS_MS; performance.now() < until; ) {
      await eventually(async () => ((await sweep()) ? undefined : true), {
        within: until - performance.now(),
        every: 100,
      });
    }
  }
  if (removed > 0)
    emit({
      type: 'lab',
      lab: name,
      state: 'down',
      detail: `${counted(removed, 'container')} removed`,
      ms: performance.now() - began,
    });
  return removed;
}
