import { KEEPALIVED } from '../drivers/keepalived-conf.ts';
import { eventually } from '../eventually.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import type { Fault } from '../model/fault.ts';
import { CannotObserve, type Hand, type Timed } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { script, shell } from '../shell.ts';
import type { Adverts, Routing, Stamp, Standing } from './fault.ts';
import { revive } from './node.ts';

/** What `/kernel` means: the node's own kernel, a program in its container. */
export const KERNEL = 'kernel';
/** Milliseconds for a program to show what was done to it. */
const DEADLINE_MS = 5000;

/** A program of a node that is asked to end. */
export function stopOf(node: string, program: string): Fault {
  return { text: `stop:${node}/${program}`, kind: 'stop', node, program, segments: [] };
}

/** How commands are run beside a program, and what its processes are called. */
function where(
  hand: Hand,
  node: string,
  name: string,
): [run: (command: readonly string[]) => Promise<Timed>, file: string] {
  return name === KERNEL
    ? [(command) => hand.timedOutside(node, command), processOf(hand, node)]
    : [(command) => hand.timed(node, command), name];
}

/** Lets every process of a program go on that there is. */
export async function goOn(hand: Hand, { node, program: name = '' }: Fault): Promise<Stamp> {
  if (name === KERNEL && kernelOf(hand, node) === undefined) return hand.now();
  const [run, file] = where(hand, node, name);
  return (await run(shell('pids=$(pidof $1 || true); [ -z "$pids" ] || kill -s CONT $pids', file))).at;
}

function noKernel(node: string): CannotObserve {
  return new CannotObserve(`${node} has no kernel of its own`);
}

function kernelOf(hand: Hand, node: string): string | undefined {
  return kernels[runningKernels(hand.running).get(node) ?? PLAIN].process;
}

/** The program that a node's own kernel is, in its container. Throws CannotObserve where it has none. */
function processOf(hand: Hand, node: string): string {
  const process = kernelOf(hand, node);
  if (process === undefined) throw noKernel(node);
  return process;
}

/**
 * Shell: sends a signal to every process of a program. Before they are killed they are all stopped: a parent that lives
 * a moment longer than its child starts another (keepalived does), which is then nobody's.
 */
const SIGNAL = '[ $1 != KILL ] || kill -s STOP $(pidof $2); kill -s $1 $(pidof $2)';

/** Sends a signal to every process of a program, and waits until /proc shows what it should. */
export async function signalTo(
  hand: Hand,
  { node, program: name = '' }: Fault,
  signal: string,
  state: string,
): Promise<Stamp> {
  const [run, file] = where(hand, node, name);
  if (name === KERNEL && (await run(shell('pidof $1 || true', file))).stdout.trim() === '') throw noKernel(node);
  const { at } = await run(shell(SIGNAL, signal, file));
  const states = shell(
    `for p in $(pidof $1 || true); do sed -n 's/^State:\\t\\(.\\).*/\\1/p' /proc/$p/status 2>/dev/null || true; done`,
    file,
  );
  const shown = await eventually(
    async () => {
      const seen = (await run(states)).stdout
        .trim()
        .split('\n')
        .filter((s) => s !== '' && s !== 'Z');
      return (state === '' ? seen.length === 0 : seen.every((s) => state.includes(s))) ? true : undefined;
    },
    { within: DEADLINE_MS, every: 20, signal: hand.signal },
  );
  if (!shown) throw new CannotObserve(`${name} on ${node} does not react to ${signal}`);
  return at;
}

export function advertsOf(name: string | undefined, of: Adverts): Adverts {
  return name === undefined || name === KEEPALIVED || name === KERNEL ? of : 'go on';
}

export function target({ node, program: name }: Fault): string {
  return name === undefined ? node : name === KERNEL ? `the kernel of ${node}` : `${name} on ${node}`;
}

/** Whether a fault is aimed at a whole node, and not only at a program on it. */
export function isWholeNode({ program: name }: Fault): boolean {
  return name === undefined || name === KERNEL;
}

/** Programs without which a director has left OSPF; FRR's ospfd says no goodbye. */
const ROUTING = ['ospfd', 'zebra'];

/** What neighbours notice when a program of a director has ended or is stopped: if keepalived or the kernel, that the node is silent; if a routing program, what is given. */
export function routingOf(fault: Fault, program: Routing): Routing {
  if (isWholeNode(fault)) return 'silent';
  return ROUTING.includes(fault.program ?? '') ? program : 'stays';
}

/** What `svc start` says of a program that was started and ended. */
const ENDED = 'it ended before it was ready';

/**
 * Starts a node or program again. A program that ends at once was started all the same: what follows from that is for
 * the checks to judge. Throws CannotObserve if it cannot be started.
 */
export async function again(hand: Hand, fault: Fault, _: readonly Standing[], bootDeadline: number): Promise<Stamp> {
  if (isWholeNode(fault)) return revive(hand, bootDeadline);
  const start = script('start-again', fault.program ?? '');
  const { at, code, stderr } = await hand.tryTimed(fault.node, start);
  if (code !== 0 && !stderr.includes(ENDED))
    throw new CannotObserve(`${target(fault)} cannot be started: ${stderr.trim()}`);
  return at;
}

/** What has become of a program that was started again, in words; undefined if it runs. */
export async function endedAgain(hand: Hand, fault: Fault): Promise<string | undefined> {
  if (isWholeNode(fault)) return undefined;
  const { stdout } = await hand.tryRun(fault.node, ['svc', 'status', fault.program ?? '']);
  return / ended/.test(stdout)
    ? `${target(fault)} ended again; \`lab logs ${hand.running.name} ${fault.node}\` shows why`
    : undefined;
}
