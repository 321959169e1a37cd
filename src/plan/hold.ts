import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine, ExecStream } from '../engine/engine.ts';
import { Refusal } from '../engine/refusal.ts';
import { unlessAborted } from '../engine/streams.ts';
import type { Emit } from '../events.ts';
import { Failure } from '../failure.ts';
import { script } from '../shell.ts';
import { observe, type Running } from './observe.ts';

/** After how many milliseconds without a change of its containers a lab that is not held yet counts as abandoned. */
const LEFT_MS = 20_000;
/** Milliseconds between two looks at a lab that is not held yet. */
const LOOK_MS = 100;

const LOST = new Failure('fabric-ended', {});

/** Returns the identity of this process for others: host, process, and start time. */
export function whoWeAre(): string {
  return `process ${process.pid} on ${hostname()}, since ${new Date().toISOString().replace(/\.\d+Z$/, 'Z')}`;
}

/** Nodes whose creation or start was begun and never finished; `all` if this applies to the lab itself. */
export type Unfinished = 'all' | readonly string[];

/**
 * The right to change a lab, which one process has at a time (images/node/lib/hold-lab.sh). It ends with this process,
 * however the process ends.
 */
export class Hold {
  readonly #keeper: ExecStream;
  readonly #lines: AsyncIterator<string>;

  private constructor(keeper: ExecStream) {
    this.#keeper = keeper;
    keeper.stdin.on('error', () => undefined); // the fabric is gone, and `#told` reports it
    this.#lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
  }

  /** Requests a lab through its fabric; the answers come from `next`. */
  static async ask(engine: Engine, fabric: string, turn: 'first' | 'next'): Promise<Hold> {
    return new Hold(await engine.execStream(fabric, script('hold-lab', whoWeAre(), turn)));
  }

  /** Takes the hold on a lab whose fabric this process has created. Throws if the fabric is gone. */
  static async first(engine: Engine, fabric: string): Promise<Hold> {
    const hold = await Hold.ask(engine, fabric, 'first');
    if ((await hold.next())?.word !== 'held') throw LOST;
    return hold;
  }

  /** Returns the keeper's next message; undefined if the keeper, or its fabric, is gone. */
  async next(signal?: AbortSignal): Promise<{ readonly word: string; readonly rest: string } | undefined> {
    const { done, value } = await unlessAborted(this.#lines.next(), signal);
    if (done) return undefined;
    const [word = '', ...rest] = (value as string).split(' ');
    return { word, rest: rest.join(' ') };
  }

  /**
   * Records which nodes are being created or started; the next holder of the lab learns of them unless `done` follows.
   */
  async begin(nodes: readonly string[]): Promise<void> {
    this.#keeper.stdin.write(`begin ${nodes.join(' ')}\n`);
    await this.next();
  }

  /**
   * Records that the work is finished, and lets others continue. Throws if the hold was lost meanwhile, together with
   * its fabric.
   */
  async done(): Promise<void> {
    this.#keeper.stdin.write('done\n');
    if ((await this.next())?.word !== 'finished') throw LOST;
  }

  /** Lets others continue; unfinished work stays recorded. Does nothing after `done`. */
  release(): void {
    this.#keeper.stdin.end();
    this.#keeper.stdout.resume();
  }
}

/** The current state of a lab, for a process that may change it now. */
export interface Turn {
  readonly running: Running;
  readonly unfinished: Unfinished;
  /** Absent if no fabric can be held: then the fabric's name decides which process creates it. */
  readonly hold?: Hold;
}

export interface TurnOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that others may take. */
  readonly within: number;
}

/**
 * Waits until no other process starts or repairs the lab. Throws, with the name of that process, if this takes longer
 * than `within`. A process that has ended is recognised by the lock in the fabric, which the kernel releases; one that
 * ended before it had the lock, by its containers, to which none is added.
 */
export async function takeTurn(engine: Engine, name: string, options: TurnOptions): Promise<Turn> {
  const { signal } = options;
  const deadline = performance.now() + options.within;
  const told = new Set<string>();
  const wait = (by: string) => {
    if (performance.now() >= deadline) throw new Failure('being-brought-up', { lab: name, by });
    if (!told.has(by)) options.emit({ type: 'note', text: `${name} is being brought up by ${by}; waiting for it` });
    told.add(by);
  };
  let seen = '';
  let changed = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const running = await observe(engine, name);
    const { fabric } = running;
    if (!fabric || !running.lab || fabric.state === 'ended') return { running, unfinished: [] };
    const answer = fabric.running ? await hold(engine, running, fabric.id, { deadline, wait, signal }) : undefined;
    if (answer) {
      const now = await observe(engine, name);
      if (now.fabric?.id === fabric.id) return { ...answer, running: now };
      answer.hold.release();
      continue;
    }
    const state = running.containers.map((c) => `${c.id} ${c.state}`).join();
    if (state !== seen) changed = performance.now();
    seen = state;
    if (performance.now() - changed > LEFT_MS) return { running, unfinished: 'all' };
    wait(running.by ?? 'somebody');
    await delay(LOOK_MS, undefined, signal ? { signal } : {});
  }
}

/**
 * Returns which process starts or repairs a lab at this moment, in words, or what was left unfinished. Does not wait.
 */
export async function peek(
  engine: Engine,
  { fabric, by = 'somebody' }: Running,
): Promise<{ readonly by?: string; readonly unfinished?: Unfinished }> {
  if (!fabric?.running) return fabric?.state === 'created' ? { by } : {};
  const asked = await Hold.ask(engine, fabric.id, 'next');
  try {
    const said = await asked.next();
    if (said?.word === 'held') return { unfinished: unfinishedOf(said.rest) };
    return said ? { by: said.rest || by } : {};
  } finally {
    asked.release();
  }
}

/** Reads the keeper's record. */
function unfinishedOf(text: string): Unfinished {
  return text === '*' ? 'all' : text.split(' ').filter((n) => n !== '');
}

/** Until when to wait (by `performance.now()`), and whom to tell for whom. */
interface Waiting {
  readonly deadline: number;
  readonly wait: (by: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits for the hold of a lab whose fabric runs; returns undefined if its creator does not hold it yet, or the fabric
 * is gone.
 */
async function hold(
  engine: Engine,
  { by }: Running,
  fabric: string,
  { deadline, wait, signal }: Waiting,
): Promise<{ readonly hold: Hold; readonly unfinished: Unfinished } | undefined> {
  const asked = await Hold.ask(engine, fabric, 'next').catch((error: unknown) => {
    if (error instanceof Refusal) return undefined; // it ended this moment
    throw error;
  });
  if (!asked) return undefined;
  const late = AbortSignal.timeout(Math.max(0, Math.round(deadline - performance.now())));
  const until = signal ? AbortSignal.any([late, signal]) : late;
  let holder = by ?? 'somebody';
  try {
    for (;;) {
      const said = await asked.next(until);
      if (said?.word === 'held') return { hold: asked, unfinished: unfinishedOf(said.rest) };
      if (said?.word !== 'busy') {
        asked.release();
        return undefined;
      }
      holder = said.rest || holder;
      wait(holder);
    }
  } catch (error) {
    asked.release();
    signal?.throwIfAborted();
    if (late.aborted) wait(holder);
    throw error;
  }
}
