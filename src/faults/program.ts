import { KEEPALIVED } from '../drivers/keepalived-conf.ts';
import { eventually } from '../eventually.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import { type Domain, isBgp } from '../model/bgp.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import { daemonOf } from '../nodes/domain.ts';
import { CannotObserve, type Hand, type Timed } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { script, shell } from '../shell.ts';
import type { Adverts, Routing, Stamp, Standing } from './fault.ts';
import { heartOf } from './heart.ts';
import { revive } from './node.ts';

/** The program name for a node's own kernel, which is a program in its container. */
export const KERNEL = 'kernel';
/** Milliseconds in which a program must show the effect of a signal. */
const DEADLINE_MS = 5000;

/** Returns the fault that asks a program of a node to end. */
export function stopOf(node: string, program: string): Fault {
  return { text: `stop:${node}/${program}`, kind: 'stop', node, program, segments: [] };
}

/** Returns how to run commands beside a program, and the name of its processes. */
function where(
  hand: Hand,
  node: string,
  name: string,
): [run: (command: readonly string[]) => Promise<Timed>, file: string] {
  return name === KERNEL
    ? [(command) => hand.timedOutside(node, command), processOf(hand, node)]
    : [(command) => hand.timed(node, command), name];
}

/** Continues every existing process of a program. */
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

/** Returns the program of a node's own kernel in its container. Throws CannotObserve if the node has none. */
function processOf(hand: Hand, node: string): string {
  const process = kernelOf(hand, node);
  if (process === undefined) throw noKernel(node);
  return process;
}

/**
 * Shell: sends a signal to every process of a program. Before a kill, all processes are stopped: a parent that lives a
 * moment longer than its child starts another one (keepalived does), which then has no parent.
 */
const SIGNAL = '[ $1 != KILL ] || kill -s STOP $(pidof $2); kill -s $1 $(pidof $2)';

/** Sends a signal to every process of a program, and waits until /proc shows the expected state. */
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

/**
 * Returns the effect on adverts when a program of a director has ended or is stopped: for keepalived or the kernel, the
 * given effect; for the director's heart, the other one: keepalived notices that it is gone.
 */
export function advertsOf(lab: Lab, fault: Fault, effect: { readonly own: Adverts; readonly heart: Adverts }): Adverts {
  const { program: name } = fault;
  if (name === undefined || name === KEEPALIVED || name === KERNEL) return effect.own;
  return heartOf(lab, fault) ? effect.heart : 'go on';
}

export function target({ node, program: name }: Fault): string {
  return name === undefined ? node : name === KERNEL ? `the kernel of ${node}` : `${name} on ${node}`;
}

/** Returns whether a fault targets a whole node, not only a program on it. */
export function isWholeNode({ program: name }: Fault): boolean {
  return name === undefined || name === KERNEL;
}

/**
 * Returns what neighbours notice when a program of a director has ended or is stopped: for keepalived or the kernel,
 * that the node is silent; for a routing program of the domain, the given effect, as FRR's daemons of OSPF say no
 * goodbye; without its heart, the director withdraws.
 */
export function routingOf(lab: Lab, fault: Fault, domain: Domain, program: Routing): Routing {
  if (isWholeNode(fault)) return 'silent';
  if (heartOf(lab, fault)) return 'told';
  const daemon = daemonOf(domain);
  if (fault.program !== daemon) return fault.program === 'zebra' && !isBgp(domain) ? program : 'stays';
  // The kernel closes the connections of a bgpd that has ended.
  return isBgp(domain) && program === 'silent' ? 'told' : program;
}

/** The message of `svc start` about a program that ended after its start. */
const ENDED = 'it ended before it was ready';

/**
 * Starts a node or program again. A program that ends at once counts as started: the checks judge the consequences.
 * Throws CannotObserve if it cannot be started.
 */
export async function again(hand: Hand, fault: Fault, _: readonly Standing[], bootDeadline: number): Promise<Stamp> {
  if (isWholeNode(fault)) return revive(hand, bootDeadline);
  const start = script('start-again', fault.program ?? '');
  const { at, code, stderr } = await hand.tryTimed(fault.node, start);
  if (code !== 0 && !stderr.includes(ENDED))
    throw new CannotObserve(`${target(fault)} cannot be started: ${stderr.trim()}`);
  return at;
}

/** Returns how a program ended that was started again, in words; undefined if it runs. */
export async function endedAgain(hand: Hand, fault: Fault): Promise<string | undefined> {
  if (isWholeNode(fault)) return undefined;
  const { stdout } = await hand.tryRun(fault.node, ['svc', 'status', fault.program ?? '']);
  return / ended/.test(stdout)
    ? `${target(fault)} ended again; \`lab logs ${hand.running.name} ${fault.node}\` shows why`
    : undefined;
}
