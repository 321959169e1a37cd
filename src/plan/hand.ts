import { CannotObserve, Outpaced } from '../cannot-observe.ts';
import { type Engine, type ExecResult, type ExecStream, LOOK, Overrun } from '../engine/engine.ts';
import { Refusal } from '../engine/refusal.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../model/lab.ts';
import { shell } from '../shell.ts';
import { Changes, UNDO_MS } from './changes.ts';
import type { RunningLab } from './observe.ts';

export { CannotObserve, Outpaced };

/**
 * Longest time for a command in a node, in milliseconds: none of the lab's takes this long, and a program in its place
 * may never end.
 */
const LONGEST_MS = 180_000;
/** Milliseconds for programs that were started beside the run to end on request. */
const RELEASE_MS = 10_000;

/** A command that has ended, with its start time. */
export interface Timed extends ExecResult {
  /** Taken in the node, immediately before the command: microseconds of the engine's wall clock. */
  readonly at: number;
}

export interface HandOptions {
  /** Aborted when the lab is removed. */
  readonly gone?: AbortSignal | undefined;
  /** Milliseconds in which all changes of this process are undone after an abort. */
  readonly undoWithin?: number | undefined;
}

/**
 * The environment variable that marks the commands of a change among all commands in a container; the commands of a
 * change are a lane of their own.
 */
const CHANGE = 'LAB_CHANGE=1';

/** Access to a running lab: runs commands in its nodes and in its fabric. */
export class Hand {
  readonly engine: Engine;
  readonly running: RunningLab;
  readonly signal: AbortSignal;
  readonly #options: HandOptions;
  /** The words before each command: they mark a change, see `changesEnded`. */
  readonly #prefix: readonly string[];
  readonly #programs = new Set<ExecStream>();
  #changes: Changes | undefined;

  constructor(
    engine: Engine,
    running: RunningLab,
    signal: AbortSignal,
    options: HandOptions = {},
    prefix: readonly string[] = [],
  ) {
    this.engine = engine;
    this.running = running;
    this.signal = signal;
    this.#options = options;
    this.#prefix = prefix;
  }

  /** The temporary changes that this process makes in the lab and must undo. */
  get changes(): Changes {
    this.#changes ??= new Changes(this, this.#options.undoWithin ?? UNDO_MS, this.#options.gone);
    return this.#changes;
  }

  /** Returns a hand of the same lab that makes changes, and that another signal aborts. */
  withSignal(signal: AbortSignal): Hand {
    return new Hand(this.engine, this.running, signal, this.#options, ['env', CHANGE]);
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

  /**
   * Runs a command in a node's kernel and returns its result, even if it fails. Throws CannotObserve if the node does
   * not run.
   */
  async tryRun(node: string, command: readonly string[]): Promise<ExecResult> {
    return this.#exec(this.containerOf(node), this.#tethered(command), node);
  }

  /** Runs a command in a node's kernel and returns its output. Throws CannotObserve if it fails. */
  async run(node: string, command: readonly string[]): Promise<string> {
    return succeeded(node, command, await this.tryRun(node, command)).stdout;
  }

  /**
   * Runs a command in a node's kernel and returns its result with its start time, even if it fails: the engine may take
   * more than a second to start a command.
   */
  async tryTimed(node: string, command: readonly string[]): Promise<Timed> {
    return timed(await this.#exec(this.containerOf(node), clocked(this.#tethered(command)), node));
  }

  /** Does the same; throws CannotObserve if the command fails. */
  async timed(node: string, command: readonly string[]): Promise<Timed> {
    return succeeded(node, command, await this.tryTimed(node, command));
  }

  /** Does the same in the node's container, outside the node's own kernel. */
  async timedOutside(node: string, command: readonly string[]): Promise<Timed> {
    const where = `${node}, outside its kernel`;
    return succeeded(
      where,
      command,
      timed(await this.#exec(this.containerOf(node), clocked(this.marked(command)), where)),
    );
  }

  /** Does the same in the fabric. */
  async timedInFabric(command: readonly string[]): Promise<Timed> {
    return succeeded(
      'fabric',
      command,
      timed(await this.#exec(this.running.fabric.id, clocked(this.#tethered(command)), 'fabric')),
    );
  }

  /** Runs a command in the fabric, which holds the lab's wires. Throws CannotObserve if it fails. */
  async runInFabric(command: readonly string[]): Promise<string> {
    const result = await this.#exec(this.running.fabric.id, this.#tethered(command), 'fabric');
    return succeeded('fabric', command, result).stdout;
  }

  /** Returns a command with the mark of a change, if this hand makes changes. */
  marked(command: readonly string[]): readonly string[] {
    return [...this.#prefix, ...command];
  }

  /** Returns a command for the kernel of a node's network stack; it ends with this process. */
  #tethered(command: readonly string[]): readonly string[] {
    return ['nodectl', 'exec', '--tether', '--', ...this.marked(command)];
  }

  async #exec(container: string, command: readonly string[], where: string): Promise<ExecResult> {
    const options = { signal: this.signal, within: LONGEST_MS, lane: this.#prefix.length > 0 ? CHANGE : LOOK };
    return this.engine.exec(container, command, options).catch((error: unknown) => {
      if (error instanceof Refusal) throw new CannotObserve(error.message, error.hint);
      if (error instanceof Overrun)
        throw new CannotObserve(`${where}: ${error.message}: ${command.join(' ').slice(0, 80)}`);
      throw error;
    });
  }

  /** Returns the engine's wall clock, in microseconds. */
  async now(): Promise<number> {
    return Number((await this.runInFabric(['date', '+%s%6N'])).trim());
  }

  /** Starts a program in a node's kernel; it ends with this process, or with `release`. */
  async spawn(node: string, command: readonly string[]): Promise<ExecStream> {
    const run = await this.engine.execStream(this.containerOf(node), this.#tethered(command));
    this.#programs.add(run);
    const forget = () => this.#programs.delete(run);
    run.exit.then(forget, forget);
    return run;
  }

  /** Ends everything that `spawn` has started, and waits until it has ended; returns at once if the lab is gone. */
  async release(): Promise<void> {
    for (const run of this.#programs) run.stdin.end();
    const over = () => (this.#programs.size === 0 || this.#options.gone?.aborted ? true : undefined);
    await eventually(over, { within: RELEASE_MS, every: 5 });
  }

  /**
   * Waits until no command of a change runs in the lab, whichever process started it: the engine may start a command of
   * a killed process late. Returns false if one still runs after `within` milliseconds.
   */
  async changesEnded(within: number): Promise<boolean> {
    const containers = [this.running.fabric, ...this.running.nodes.values()].map((c) => c.id);
    const look = async () => {
      const all = await Promise.all(containers.map((id) => this.engine.commands(id)));
      return all.flat().some((command) => command.includes(CHANGE)) ? undefined : true;
    };
    return (await eventually(look, { within, every: 50, signal: this.signal })) ?? false;
  }
}

/** Returns a command that prints the time first, in the format that `timed` reads. */
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
