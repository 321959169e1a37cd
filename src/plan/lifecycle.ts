import type { Engine } from '../engine/engine.ts';
import { ensureImages } from '../engine/images.ts';
import type { Emit } from '../events.ts';
import { eventually } from '../eventually.ts';
import { Failure } from '../failure.ts';
import { chooseKernels } from '../kernels/choose.ts';
import type { Lab } from '../lab/model.ts';
import { Executor } from './execute.ts';
import { observe, type Running } from './observe.ts';
import { differences, type Plan, reconcile, removal } from './reconcile.ts';

export interface UpOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly recreate: boolean;
  readonly bootDeadline: number;
}

/** What would be done to bring a lab up. Probes kernels, and makes images that are missing. */
export async function planUp(
  engine: Engine,
  lab: Lab,
  options: UpOptions,
): Promise<{ plan: Plan; running: Running; kernels: Awaited<ReturnType<typeof chooseKernels>> }> {
  await ensureImages(engine, (text) => options.emit({ type: 'note', text }));
  const [kernels, running] = await Promise.all([chooseKernels(engine, lab), observe(engine, lab.name)]);
  if (running.lab && running.fabric?.running && running.nodes.size > 0 && !options.recreate) {
    const changed = differences(running.lab, lab);
    if (changed.length > 0) {
      throw new Failure(
        'usage',
        `lab "${lab.name}" runs as it was defined before, and the file has changed since: ${changed.join(', ')}`,
        `\`lab up ${lab.name} --recreate\` starts over; nothing was touched`,
      );
    }
  }
  return { plan: reconcile(lab, kernels, running, options.recreate), running, kernels };
}

/**
 * Brings a lab up, or what of it is missing. Returns what had to be done.
 * When it fails or is aborted, a lab that this call began is removed again.
 */
export async function bringUp(
  engine: Engine,
  lab: Lab,
  options: UpOptions,
): Promise<'created' | 'completed' | 'unchanged'> {
  const began = performance.now();
  const { plan, running, kernels } = await planUp(engine, lab, options);
  if (plan.length === 0) {
    options.emit({
      type: 'lab',
      lab: lab.name,
      state: 'unchanged',
      detail: `${lab.nodes.length} nodes run`,
      ms: performance.now() - began,
    });
    return 'unchanged';
  }
  const fresh = plan.some((stage) => stage.some((op) => op.op === 'create-fabric'));
  options.emit({ type: 'plan', lab: lab.name, nodes: lab.nodes.map((n) => n.name) });
  try {
    await new Executor(engine, lab, kernels, running, options).run(plan);
  } catch (error) {
    if (fresh) await takeDown(engine, lab.name, () => undefined);
    throw error;
  }
  options.emit({
    type: 'lab',
    lab: lab.name,
    state: 'up',
    detail: `${lab.nodes.length} nodes`,
    ms: performance.now() - began,
  });
  return fresh ? 'created' : 'completed';
}

/** How long a removal looks out for containers that an interrupted `up` had asked the engine for. */
const LATECOMERS_MS = 1000;

/** Removes a lab and all that is left of it. Returns how many containers went. */
export async function takeDown(engine: Engine, name: string, emit: Emit): Promise<number> {
  const began = performance.now();
  let removed = 0;
  let halfMade = false;
  const sweep = async (): Promise<boolean> => {
    const running = await observe(engine, name);
    halfMade ||=
      running.containers.length > 0 &&
      (!running.lab || running.nodes.size < running.lab.nodes.length || running.containers.some((c) => !c.running));
    for (const stage of removal(running)) {
      const results = await Promise.allSettled(
        stage.map((op) => (op.op === 'remove' ? engine.remove(op.id) : undefined)),
      );
      const failed = results.find((r) => r.status === 'rejected');
      if (failed) throw failed.reason;
      removed += stage.length;
    }
    return running.containers.length === 0;
  };
  const empty = await eventually(async () => ((await sweep()) ? true : undefined), { within: 30_000, every: 20 });
  if (!empty)
    throw new Failure(
      'environment',
      `lab "${name}" cannot be removed: its containers come back`,
      'does another `lab up` run?',
    );
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
      detail: `${removed} containers removed`,
      ms: performance.now() - began,
    });
  return removed;
}
