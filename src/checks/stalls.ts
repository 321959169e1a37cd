import type { ExecStream } from '../engine/engine.ts';
import { eachLine } from '../engine/streams.ts';
import { eventually } from '../eventually.ts';
import { formatMs } from '../net/duration.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import type { Evidence } from '../report/evidence.ts';

/** Milliseconds between two beats of a pulse, and how late a beat must be to be reported. */
const EVERY_MS = 50;
const LATE_MS = 100;
/** Total milliseconds of a stall beyond which a missed time limit proves nothing about the node. */
const STALL_MS = 250;
/**
 * Milliseconds between two lines of a pulse that confirm that everything before was reported, and the longest that one
 * may take.
 */
const BEAT_MS = 500;
const LONGEST_MS = 10_000;
const FILE = 'stalls.ndjson';

/** A period in which a node did not run, in microseconds of the engine's wall clock. */
interface Stall {
  readonly node: string;
  /** When the node ran again. */
  readonly at: number;
  readonly late: number;
}

/** A running pulse, and the time up to which it has reported everything, in microseconds of the engine's wall clock. */
interface Pulse {
  readonly run: ExecStream;
  told: number;
}

/**
 * Watches whether nodes are stalled (starved of CPU, or paused): each node has its own pulse (images/node/src/pulse.c).
 */
export class Stalls {
  readonly #hand: Hand;
  readonly #evidence: Evidence;
  readonly #longest: number;
  readonly #pulses = new Map<string, Pulse>();
  readonly #seen: Stall[] = [];

  /** `longest`: milliseconds to wait for a stalled node before it is reported as still stalled. */
  constructor(hand: Hand, evidence: Evidence, longest = LONGEST_MS) {
    this.#hand = hand;
    this.#evidence = evidence;
    this.#longest = longest;
  }

  /** Watches every running node that is not watched yet. */
  async watch(): Promise<void> {
    const unwatched = this.#hand.lab.nodes.map((n) => n.name).filter((n) => !this.#pulses.has(n));
    await Promise.all(unwatched.map((node) => this.#start(node)));
  }

  /** Stops watching a node: its stall is intended. */
  leave(node: string): void {
    this.#pulses.get(node)?.run.stdin.end();
    this.#pulses.delete(node);
  }

  /**
   * Returns the node with the longest total stall since a time (microseconds), in words; undefined if none reached
   * `least` milliseconds. Waits for a node that is stalled now: its pulse reports only after it runs again; otherwise
   * it is reported as still stalled.
   */
  async since(at: number, least = STALL_MS): Promise<string | undefined> {
    const now = await this.#hand.now().catch((error: unknown) => {
      if (error instanceof CannotObserve) return 0;
      throw error;
    });
    const silent = () => [...this.#pulses].filter(([, pulse]) => pulse.told < now).map(([node]) => node);
    const told = () => (silent().length === 0 ? true : undefined);
    if (!(await eventually(told, { within: this.#longest, every: 20, signal: this.#hand.signal })))
      return `${silent().join(' and ')} stalled, and did not resume within ${formatMs(this.#longest)}`;
    const byNode = new Map<string, Stall[]>();
    for (const stall of this.#seen)
      if (stall.at > at) byNode.set(stall.node, [...(byNode.get(stall.node) ?? []), stall]);
    const [worst] = [...byNode]
      .map(([node, stalls]) => ({ node, times: stalls.length, ms: stalls.reduce((sum, s) => sum + s.late, 0) / 1000 }))
      .sort((a, b) => b.ms - a.ms);
    if (worst === undefined || worst.ms < least) return undefined;
    return `${worst.node} was stalled for ${formatMs(worst.ms)}${worst.times > 1 ? ` in ${worst.times} intervals` : ''} (${FILE})`;
  }

  close(): void {
    for (const node of [...this.#pulses.keys()]) this.leave(node);
  }

  /**
   * Starts a node's pulse; returns when it beats, when it has ended (the node may go at any time), or when neither
   * happens for long.
   */
  async #start(node: string): Promise<void> {
    const command = ['pulse', ...[EVERY_MS, LATE_MS, BEAT_MS].map(String)];
    const run = await this.#hand.spawn(node, command).catch(() => undefined);
    if (!run) return; // the checks report a node that is missing
    const pulse: Pulse = { run, told: 0 };
    this.#pulses.set(node, pulse);
    run.stderr.resume();
    eachLine(run.stdout, (line) => this.#read(node, pulse, line));
    run.stdout.once('close', () => {
      if (this.#pulses.get(node) === pulse) this.#pulses.delete(node);
    });
    const known = () => (pulse.told > 0 || this.#pulses.get(node) !== pulse ? true : undefined);
    await eventually(known, { within: this.#longest, every: 5, signal: this.#hand.signal });
  }

  #read(node: string, pulse: Pulse, line: string): void {
    const beat = /^\{"at":(\d+),"late":(\d+)\}$/.exec(line);
    if (!beat) return; // here the engine reports why a command does not start
    const [at, late] = [Number(beat[1]), Number(beat[2])];
    if (late === 0) pulse.told = at;
    // A stall that ends after the node is no longer watched was intended.
    if (late === 0 || this.#pulses.get(node) !== pulse) return;
    const told = `${JSON.stringify({ node, at, late })}\n`;
    if (this.#seen.length > 0) this.#evidence.append(FILE, told);
    else this.#evidence.write(FILE, told); // a report's folder may have been used before
    this.#seen.push({ node, at, late });
  }
}
