import { CannotObserve, Outpaced } from '../cannot-observe.ts';
import { type Engine, type ExecResult, type ExecStream, Overrun } from '../engine/engine.ts';
import { Refusal } from '../engine/refusal.ts';
import type { Lab } from '../model/lab.ts';
import { shell } from '../shell.ts';
import type { RunningLab } from './observe.ts';

export { CannotObserve, Outpaced };

/** Longest that a command in a node may take, in milliseconds: none of ours takes as long, and what stands in its place may take for ever. */
const LONGEST_MS = 180_000;
/** Milliseconds for a command that puts something back after all else was aborted. */
const MEND_MS = 30_000;

/** A command that has ended, and when it began. */
export interface Timed extends ExecResult {
  /** Taken on the spot, right before the command: microseconds of the engine's wall clock. */
  readonly at: number;
}

/** A hand in a running lab: runs commands in its nodes and in its fabric. */
export class Hand {
  readonly engine: Engine;
  readonly running: RunningLab;
  readonly signal: AbortSignal;

  constructor(engine: Engine, running: RunningLab, signal: AbortSignal) {
    this.engine = engine;
    this.running = running;
    this.signal = signal;
  }

  get lab(): Lab {
    return this.running.lab;
  }

  containerOf(node: string): string {
    const container = this.running.nodes.get(node);
    if (!container)
      throw new CannotObserve(`node "${node}" of lab "${this.running.name}" is gone: it has no container`);
    return container.id;
  }

  /** Runs a command in a node's kernel, however it ends. Throws CannotObserve when the node does not run. */
  async tryRun(node: string, command: readonly string[]): Promise<ExecResult> {
    return this.#exec(this.containerOf(node), inKernel(command), node);
  }

  /** Runs a command in a node's kernel and returns its output. Throws CannotObserve when it fails. */
  async run(node: string, command: readonly string[]): Promise<string> {
    return succeeded(node, command, await this.tryRun(node, command)).stdout;
  }

  /** Runs a command in a node's kernel, however it ends, and tells when it began: the engine may take a second and more to start one. */
  async tryTimed(node: string, command: readonly string[]): Promise<Timed> {
    return timed(await this.#exec(this.containerOf(node), clocked(inKernel(command)), node));
  }

  /** The same; throws CannotObserve when the command fails. */
  async timed(node: string, command: readonly string[]): Promise<Timed> {
    return succeeded(node, command, await this.tryTimed(node, command));
  }

  /** The same in the node's container, outside the kernel that it may bring. */
  async timedOutside(node: string, command: readonly string[]): Promise<Timed> {
    const where = `${node}, outside its kernel`;
    return succeeded(where, command, timed(await this.#exec(this.containerOf(node), clocked(command), where)));
  }

  /** The same in the fabric. */
  async timedInFabric(command: readonly string[]): Promise<Timed> {
    return succeeded('fabric', command, timed(await this.#exec(this.running.fabric.id, clocked(command), 'fabric')));
  }

  /** Puts back what was changed in a node, also when the run was aborted meanwhile. Throws CannotObserve when that fails. */
  async mend(node: string, command: readonly string[]): Promise<void> {
    const late = AbortSignal.timeout(MEND_MS);
    await new Hand(this.engine, this.running, late).run(node, command).catch((error: unknown) => {
      throw late.aborted ? new CannotObserve(`${command.join(' ')} on ${node} did not end`) : error;
    });
  }

  /** Runs a command in the fabric, which holds the lab's wires. Throws CannotObserve when it fails. */
  async runInFabric(command: readonly string[]): Promise<string> {
    return this.#succeed(this.running.fabric.id, command, 'fabric');
  }

  async #succeed(container: string, command: readonly string[], where: string): Promise<string> {
    return succeeded(where, command, await this.#exec(container, command, where)).stdout;
  }

  async #exec(container: string, command: readonly string[], where: string): Promise<ExecResult> {
    const options = { signal: this.signal, within: LONGEST_MS };
    return this.engine.exec(container, command, options).catch((error: unknown) => {
      if (error instanceof Refusal) throw new CannotObserve(error.message, error.hint);
      if (error instanceof Overrun)
        throw new CannotObserve(`${where}: ${error.message}: ${command.join(' ').slice(0, 80)}`);
      throw error;
    });
  }

  /** The engine's wall clock, in microseconds. */
  async now(): Promise<number> {
    return Number((await this.runInFabric(['date', '+%s%6N'])).trim());
  }

  /** Starts a program in a node's kernel that ends with this process. */
  async spawn(node: string, command: readonly string[]): Promise<ExecStream> {
    return this.engine.execStream(this.containerOf(node), ['nodectl', 'exec', '--tether', '--', ...command]);
  }
}

function inKernel(command: readonly string[]): readonly string[] {
  return ['nodectl', 'exec', '--tether', '--', ...command];
}

/** A command that prints the time first, as `timed` reads it. */
function clocked(command: readonly string[]): readonly string[] {
  return shell('date +%s%6N; exec "$@"', ...command);
}

function timed(result: ExecResult): Timed {
  const end = result.stdout.indexOf('\n');
  return { ...result, at: Number(result.stdout.slice(0, end)), stdout: result.stdout.slice(end + 1) };
}

function succeeded<R extends ExecResult>(where: string, command: readonly string[], result: R): R {
  if (result.code === 0) return result;
  throw new CannotObserve(
    `${where}: \`${command.join(' ').slice(0, 80)}\` ended with ${result.code}: ${result.stderr.trim() || result.stdout.trim()}`,
  );
}
