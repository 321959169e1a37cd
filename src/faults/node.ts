import { eventually } from '../eventually.ts';
import { Executor } from '../plan/execute.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { takeTurn } from '../plan/hold.ts';
import { reconcile, runningKernels, startedBy } from '../plan/reconcile.ts';
import { shell } from '../shell.ts';
import type { Stamp } from './fault.ts';

/** Milliseconds in which a node's first process must end on request, and the engine must see this. */
const END_MS = 5000;

/**
 * Kills a node at once, with its kernel, as a power cut would: its first process ends, and everything else with it. The
 * time is taken in the node, immediately before; the engine's own call was observed to take effect a quarter of a
 * second late.
 */
export async function killNode(hand: Hand, node: string): Promise<Stamp> {
  const container = hand.containerOf(node);
  if (!(await hand.engine.runs(container))) throw new CannotObserve(`${node} is not running`);
  const before = await hand.now();
  const command = shell('date +%s%6N; kill -s TERM 1');
  const { stdout } = await hand.engine.exec(container, hand.marked(command), { signal: hand.signal });
  const ended = () =>
    eventually(async () => ((await hand.engine.runs(container)) ? undefined : true), {
      within: END_MS,
      every: 20,
      signal: hand.signal,
    });
  if (await ended()) return Number(stdout.trim()) || before;
  const at = await hand.now();
  await hand.engine.kill(container);
  if (!(await ended())) throw new CannotObserve(`${node} was killed and is still running`);
  return at;
}

/** Shuts a node down: its programs are asked to end, in their order, and then the node ends. */
export async function stopNode(hand: Hand, node: string): Promise<Stamp> {
  const programs = (await hand.run(node, ['svc', 'status'])).split('\n').flatMap((l) => l.split(' ')[0] || []);
  const stamps: Stamp[] = [];
  for (const program of programs) stamps.push((await hand.tryTimed(node, ['svc', 'stop', program])).at);
  stamps.push(await killNode(hand, node));
  return Math.min(...stamps);
}

/** Starts nodes that have ended and reconnects their wires. Returns the time at which they are ready. */
export async function revive(hand: Hand, bootDeadline: number): Promise<Stamp> {
  const options = { emit: () => undefined, signal: hand.signal };
  const { running, unfinished, hold } = await takeTurn(hand.engine, hand.running.name, {
    ...options,
    within: bootDeadline,
  });
  try {
    const kernels = runningKernels(running);
    const plan = reconcile(hand.lab, kernels, running, { unfinished });
    await hold?.begin(startedBy(plan));
    await new Executor(hand.engine, hand.lab, kernels, running, { ...options, bootDeadline }).run(plan);
    await hold?.done();
  } finally {
    hold?.release();
  }
  return hand.now();
}

/** Returns whether a text is a share such as `5%`, above 0 and at most 100. */
export function isShare(text: string): boolean {
  const value = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  return value !== undefined && Number(value) > 0 && Number(value) <= 100;
}
