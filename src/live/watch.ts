import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/engine.ts';
import { eventually } from '../eventually.ts';
import { everyFault } from '../faults/every.ts';
import type { Mark } from '../page/data.ts';
import { pictureOf } from '../page/picture.ts';
import { brokenOf } from '../plan/broken.ts';
import { Hand } from '../plan/hand.ts';
import { observe, type Running, type RunningLab } from '../plan/observe.ts';
import { changesBetween } from './changes.ts';
import type { LabFacts, LiveState, LogEntry, Told } from './data.ts';
import { Gaps } from './gaps.ts';
import { lookAt } from './look.ts';
import { LiveSession } from './session.ts';

/** Milliseconds between two looks at a lab, and between two pictures of its strip. */
const LOOK_MS = 1000;
const STRIP_MS = 250;
/** Number of entries that the log keeps. */
const MOST_LOG = 300;
/** Milliseconds in which two marks with one text are the same thing, seen and told. */
const SAME_MARK_MS = 5000;

export interface WatchOptions {
  /** Whether a client asks a service all the time. */
  readonly probe: boolean;
  readonly tell: (told: Told) => void;
}

/**
 * A lab under observation, whether it runs or not: tells what it is, each time that this changes, and what happens. It goes
 * on while the engine is out of reach, and when the lab is taken down and comes back.
 */
export class LabWatch {
  readonly name: string;
  readonly #engine: Engine;
  readonly #options: WatchOptions;
  readonly #stop = new AbortController();
  readonly #log: LogEntry[] = [];
  #marks: readonly Mark[] = [];
  #state: LiveState;
  #seen: LiveState | undefined;
  #facts: LabFacts | undefined;
  #open: { readonly fabric: string; readonly session: LiveSession } | undefined;
  #nudged = false;
  #testing = false;
  readonly #done: Promise<unknown>;

  constructor(engine: Engine, name: string, options: WatchOptions) {
    this.name = name;
    this.#engine = engine;
    this.#options = options;
    this.#state = { name, up: 'unknown', nodes: [], masters: [], tables: [], active: [], probe: '' };
    this.#done = Promise.all([this.#looking(), this.#strips()]);
  }

  /** Tells a newcomer everything that is known. */
  all(): readonly Told[] {
    const lab = this.name;
    return [
      ...(this.#facts ? [{ type: 'facts', lab, facts: this.#facts } as const] : []),
      ...(this.#seen ? [{ type: 'state', lab, state: this.#state } as const] : []),
      { type: 'log', lab, entries: this.#log },
    ];
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Looks again at once: something was changed. */
  nudge(): void {
    this.#nudged = true;
  }

  /** While a test of this process runs, there is no probe: it would count the probe's packets. */
  set testing(testing: boolean) {
    this.#testing = testing;
    this.nudge();
  }

  /** Notes what happened, at a time in microseconds of the engine's wall clock, or now. */
  note(kind: LogEntry['kind'], text: string, at?: number): void {
    const time = (at ?? this.#now()) / 1000;
    const entry = { at: time, kind, text };
    this.#log.push(entry);
    this.#log.splice(0, Math.max(0, this.#log.length - MOST_LOG));
    this.#options.tell({ type: 'log', lab: this.name, entries: [entry] });
  }

  /** Marks a fault or its end on the strip; a mark that was only seen gives way to one whose time is known. */
  mark(kind: 'fault' | 'heal', text: string, at?: number): void {
    const time = at ?? this.#now();
    const same = (m: Mark) => m.kind === kind && m.text === text && Math.abs(m.at - time) < SAME_MARK_MS * 1000;
    if (at === undefined && this.#marks.some(same)) return;
    this.#marks = [...this.#marks.filter((m) => !same(m)), { kind, text, at: time }].slice(-50);
  }

  /** Ends it, with its probe and its captures. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#close(false);
  }

  #now(): number {
    return this.#open?.session.now ?? Date.now() * 1000;
  }

  async #looking(): Promise<void> {
    const { signal } = this.#stop;
    let failed = 0;
    while (!signal.aborted) {
      this.#nudged = false;
      try {
        const running = await observe(this.#engine, this.name);
        if (isWhole(running)) await this.#look(new Hand(this.#engine, running, signal));
        else await this.#absent(running);
        failed = 0;
      } catch (error) {
        if (signal.aborted) break;
        await this.#close(true);
        if (++failed > 1) this.#lost(error as Error); // once: the lab was taken down under the look
      }
      await eventually(() => (this.#nudged ? true : undefined), { within: LOOK_MS, every: 50, signal }).catch(
        () => undefined, // it is stopped
      );
    }
  }

  async #look(hand: Hand): Promise<void> {
    const fabric = hand.running.fabric.id;
    if (this.#open?.fabric !== fabric || this.#open.session.deaf) {
      await this.#close(true);
      const gaps = new Map<string, Gaps>();
      const [client] = hand.lab.nodes.filter((n) => n.kind === 'client');
      const session = await LiveSession.open(hand, (sample) => {
        const name = client?.name ?? 'client';
        const own = gaps.get(name) ?? new Gaps(name);
        gaps.set(name, own);
        const gap = own.next(sample);
        if (gap) this.note('gap', gap.text, gap.at);
      });
      this.#open = { fabric, session };
      this.#facts = {
        name: this.name,
        source: hand.lab.source,
        picture: pictureOf(hand.lab),
        faults: everyFault(hand.lab),
        segments: hand.lab.segments.map((s) => s.name),
      };
      this.#options.tell({ type: 'facts', lab: this.name, facts: this.#facts });
    }
    const { session } = this.#open ?? {};
    const looked = await lookAt(hand);
    const off = this.#options.probe
      ? this.#testing
        ? 'it waits while a test runs'
        : undefined
      : 'it is off (--no-probe)';
    await session?.keepProbing(hand, off);
    this.#become({
      name: this.name,
      up: 'running',
      ...looked,
      masters: session?.masters() ?? [],
      probe: session?.probe ?? '',
    });
  }

  async #absent(running: Running): Promise<void> {
    await this.#close(true);
    const gone = running.containers.length === 0;
    const [worst] = gone ? [] : brokenOf(running);
    const nodes = this.#state.nodes.map((n) => ({ ...n, state: running.nodes.get(n.name)?.state ?? 'gone' }));
    const nothing = { masters: [], tables: [], active: [], probe: '' };
    this.#become({
      ...{ name: this.name, up: gone ? 'gone' : 'broken', nodes, ...nothing },
      ...(worst ? { trouble: worst.what } : {}),
    });
  }

  /** The engine does not answer. */
  #lost(error: Error): void {
    this.#become({ ...this.#state, up: 'unknown', trouble: error.message, masters: [], tables: [], probe: '' });
  }

  #become(state: LiveState): void {
    const before = this.#seen;
    this.#state = state;
    this.#seen = state;
    if (JSON.stringify(before) === JSON.stringify(state)) return;
    for (const { kind, text } of changesBetween(before, state)) this.note(kind, text);
    if (before?.up === 'running' && state.up === 'running') {
      for (const text of state.active) if (!before.active.includes(text)) this.mark('fault', text);
      for (const text of before.active) if (!state.active.includes(text)) this.mark('heal', `${text} healed`);
    }
    this.#options.tell({ type: 'state', lab: this.name, state });
  }

  async #strips(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const session = this.#open?.session;
      if (session) {
        this.#options.tell({ type: 'strip', lab: this.name, timeline: session.strip(this.#marks) });
        const masters = session.masters();
        if (this.#state.up === 'running') this.#become({ ...this.#state, masters });
      }
      await delay(STRIP_MS, undefined, { signal }).catch(() => undefined); // it is stopped
    }
  }

  async #close(gone: boolean): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.session.close(gone);
  }
}

function isWhole(running: Running): running is RunningLab {
  return running.lab !== undefined && running.fabric?.running === true;
}
