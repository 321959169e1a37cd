import { setMaxListeners } from 'node:events';
import type { Engine } from '../engine/engine.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../model/lab.ts';
import { observeAll, stateOf } from '../plan/observe.ts';
import { actions, type Means } from './actions.ts';
import { type Asked, readAsked } from './asked.ts';
import { LiveCapture } from './capture.ts';
import type { LogEntry, Told } from './data.ts';
import { LabTest } from './tests.ts';
import { LabWatch } from './watch.ts';

/** Milliseconds between two looks at which labs run, while somebody looks. */
const LABS_MS = 2000;
/** Milliseconds for which a lab is watched on after the last page has left it: a page that is loaded again has its log. */
const LINGER_MS = 20_000;

/** What only the page that asks is told of. */
const QUIET: readonly Asked['type'][] = ['watch', 'logs', 'capture', 'stop-capture'];

/** A page that is open: it is told things, and watches one lab. */
export interface Viewer {
  readonly tell: (told: Told) => void;
}

export interface HubOptions {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  readonly probe: boolean;
  readonly load: (name: string) => Lab;
  /** The labs that can be started by their names. */
  readonly known: readonly string[];
}

/** What all open pages share: one watch for each lab that somebody looks at, and the tests that run. */
export class Hub {
  readonly #options: HubOptions;
  /** Each open page, and the lab that it watches. */
  readonly #viewers = new Map<Viewer, string | undefined>();
  readonly #watches = new Map<string, LabWatch>();
  readonly #captures = new Map<Viewer, LiveCapture>();
  readonly #tests = new Map<string, LabTest>();
  readonly #under = new Set<Promise<unknown>>();
  #labs: Extract<Told, { type: 'labs' }> | undefined;
  readonly #stop = new AbortController();
  readonly #looking: Promise<void>;
  #nudged = false;

  constructor(options: HubOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
    this.#looking = this.#look();
  }

  /** Tells a new page which labs run, and from then on what changes. */
  join(viewer: Viewer): void {
    this.#viewers.set(viewer, undefined);
    if (this.#labs) viewer.tell(this.#labs);
    this.#nudged = true;
  }

  leave(viewer: Viewer): void {
    const lab = this.#viewers.get(viewer);
    this.#viewers.delete(viewer);
    void this.#unwatch(lab);
    void this.#captures.get(viewer)?.stop();
  }

  /** Does what a page asks, and tells it the result. */
  async hear(viewer: Viewer, text: string): Promise<void> {
    const read = readAsked(text);
    if (!read.ok) return viewer.tell({ type: 'done', id: -1, ok: false, text: `not understood: ${read.error}` });
    const { value: asked } = read;
    const doing = this.#answer(viewer, asked);
    this.#under.add(doing);
    await doing;
    this.#under.delete(doing);
  }

  async #answer(viewer: Viewer, asked: Asked): Promise<void> {
    const { id, lab } = asked;
    try {
      const text = await this.#do(viewer, asked);
      viewer.tell({ type: 'done', id, ok: true, text });
      if (!QUIET.includes(asked.type)) this.#watches.get(lab)?.note('told', text);
    } catch (error) {
      const text = (error as Error).message;
      viewer.tell({ type: 'done', id, ok: false, text });
      if (!QUIET.includes(asked.type)) this.#watches.get(lab)?.note('told', `${asked.type}: ${text}`);
    }
    this.#watches.get(lab)?.nudge();
    this.#nudged = true;
  }

  async #do(viewer: Viewer, asked: Asked): Promise<string> {
    switch (asked.type) {
      case 'watch':
        return this.#watch(viewer, asked.lab);
      case 'test':
        return this.#test(asked.lab);
      case 'up':
        if (!this.#options.known.includes(asked.lab)) throw new Error(`there is no lab ${asked.lab} in labs/`);
        return actions.up(asked, this.#means(viewer));
      case 'capture':
        return this.#capture(viewer, asked);
      case 'stop-capture':
        await this.#captures.get(viewer)?.stop();
        return 'the capture has ended';
      case 'stop-test':
        this.#tests.get(asked.lab)?.stop();
        return 'the test ends';
      default: {
        const action = actions[asked.type] as (asked: Asked, means: Means) => Promise<string>;
        return action(asked, this.#means(viewer));
      }
    }
  }

  #means(viewer: Viewer): Means {
    const { engine, signal, load } = this.#options;
    return {
      ...{ engine, signal, load },
      note: (lab: string, kind: LogEntry['kind'], text: string, at?: number) =>
        this.#watches.get(lab)?.note(kind, text, at),
      mark: (lab, kind, text, at) => this.#watches.get(lab)?.mark(kind, text, at),
      show: (lab, node, text) => viewer.tell({ type: 'output', lab, node, text }),
    };
  }

  #watch(viewer: Viewer, lab: string): string {
    const before = this.#viewers.get(viewer);
    this.#viewers.set(viewer, lab);
    if (before !== lab) void this.#unwatch(before);
    const watch = this.#watches.get(lab) ?? this.#newWatch(lab);
    for (const told of watch.all()) viewer.tell(told);
    const test = this.#tests.get(lab);
    if (test) viewer.tell({ type: 'test', lab, test: test.view });
    return `watching ${lab}`;
  }

  #newWatch(lab: string): LabWatch {
    const { engine, probe } = this.#options;
    const watch = new LabWatch(engine, lab, { probe, tell: (told) => this.#tellOf(lab, told) });
    this.#watches.set(lab, watch);
    watch.testing = this.#tests.get(lab)?.view.runs ?? false;
    return watch;
  }

  /** Ends the watch of a lab at which nobody looks any more, unless somebody comes back soon. */
  async #unwatch(lab: string | undefined): Promise<void> {
    if (lab === undefined) return;
    const back = () => ([...this.#viewers.values()].includes(lab) ? true : undefined);
    const { signal } = this.#stop;
    const stays = await eventually(back, { within: LINGER_MS, every: 250, signal }).catch(() => true); // `close` ends it
    const watch = this.#watches.get(lab);
    if (stays || !watch) return;
    this.#watches.delete(lab);
    await watch.stop();
  }

  async #test(lab: string): Promise<string> {
    if (this.#tests.get(lab)?.view.runs) throw new Error(`a test of ${lab} runs already`);
    const test = new LabTest((view) => {
      this.#tellOf(lab, { type: 'test', lab, test: view });
      const watch = this.#watches.get(lab);
      if (watch && !view.runs) watch.testing = false;
    });
    this.#tests.set(lab, test);
    const watch = this.#watches.get(lab);
    if (watch) watch.testing = true;
    return `test of ${lab}: ${await test.run(this.#options.engine, lab)}`;
  }

  /** Captures for one page, in place of the capture that it has. */
  async #capture(viewer: Viewer, asked: Extract<Asked, { type: 'capture' }>): Promise<string> {
    const { lab, segment } = asked;
    await this.#captures.get(viewer)?.stop();
    const capture = await LiveCapture.open(this.#options.engine, lab, asked, (frames, runs) =>
      viewer.tell({ type: 'packets', lab, frames, runs }),
    );
    this.#captures.set(viewer, capture);
    const forget = () => {
      if (this.#captures.get(viewer) === capture) this.#captures.delete(viewer);
    };
    capture.done.then(forget, forget);
    if (!this.#viewers.has(viewer)) await capture.stop();
    return `capturing on ${segment}`;
  }

  #tellOf(lab: string, told: Told): void {
    for (const [viewer, watched] of this.#viewers) if (watched === lab) viewer.tell(told);
  }

  /** Looks which labs run, as long as somebody looks at the page. */
  async #look(): Promise<void> {
    const { engine, known } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#nudged = false;
      if (this.#viewers.size > 0) {
        const told = await observeAll(engine).then(
          (all): Told => ({ type: 'labs', labs: all.map((r) => ({ name: r.name, state: stateOf(r) })), known }),
          (error: Error): Told => ({ type: 'labs', labs: this.#labs?.labs ?? [], known, trouble: error.message }),
        );
        if (told.type === 'labs' && JSON.stringify(told) !== JSON.stringify(this.#labs)) {
          this.#labs = told;
          for (const viewer of this.#viewers.keys()) viewer.tell(told);
        }
      }
      await eventually(() => (this.#nudged ? true : undefined), { within: LABS_MS, every: 50, signal }).catch(
        () => undefined, // it is closed
      );
    }
  }

  /** Ends tests, with their changes undone, waits for what is under way, and ends all watches. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const test of this.#tests.values()) test.stop();
    await Promise.allSettled([...this.#under, this.#looking]);
    await Promise.allSettled([...this.#captures.values()].map((capture) => capture.stop()));
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }
}
