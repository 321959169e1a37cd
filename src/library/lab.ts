import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import { firstAnswers } from '../checks/answer.ts';
import { captureCommand } from '../commands/capture.ts';
import { faultIn } from '../commands/fault.ts';
import { mustBeMeasurable, stepOf } from '../commands/measure.ts';
import { type LabOptions, loadLab, useBuild } from '../commands/session.ts';
import { drivers } from '../drivers/index.ts';
import { dockerEngine } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Event } from '../events.ts';
import { Failure } from '../failure.ts';
import { healAll } from '../faults/heal.ts';
import { injectToStay } from '../faults/stay.ts';
import { Hand } from '../plan/hand.ts';
import { bringUp, takeDown } from '../plan/lifecycle.ts';
import { mustHaveNode, mustRun } from '../plan/observe.ts';
import type { Report } from '../report/report.ts';
import { outagesIn } from '../scenario/measured.ts';
import { testLab } from '../scenario/test-lab.ts';
import { type Capture, capturing } from './capture.ts';
import { Channel } from './channel.ts';
import type { Asked, CaptureOptions, Outages, Ran, TestOptions, UpOptions } from './options.ts';

/** Milliseconds that nodes may take to start, if nothing else is asked for. */
const START_MS = 60_000;

/**
 * A running lab. `await using lab = await Lab.up('fnat-keepalived')` removes it at the end of the block, whatever happens
 * there; only what `up` has started is removed. All methods throw a Failure with its `reason`, and a `hint` of what to do.
 */
export class Lab implements AsyncDisposable {
  /** The name under which it runs. */
  readonly name: string;
  readonly #engine: Engine;
  readonly #events: Channel<Event>;
  readonly #signal: AbortSignal;
  readonly #start: number;
  /** The fabric of the lab, if this object has created it. */
  readonly #mine: string | undefined;

  private constructor(name: string, parts: Parts, mine: string | undefined) {
    this.name = name;
    this.#engine = parts.engine;
    this.#events = parts.events;
    this.#signal = parts.signal;
    this.#start = parts.start;
    this.#mine = mine;
  }

  /**
   * Starts a lab, unless it runs already: a folder of labs/, or the path of a lab file. Images that are missing are built,
   * which takes a minute or more. Resolves when every node is ready and every service was asked.
   */
  static async up(lab: string, options: UpOptions = {}): Promise<Lab> {
    useBuild(options); // before the engine is asked for an image of it
    const parts = await open(options);
    try {
      const { engine, events, signal, start } = parts;
      const wanted = loadLab(lab, named(options));
      const emit = events.send;
      const { outcome, running } = await bringUp(engine, wanted, {
        emit,
        signal,
        recreate: false,
        bootDeadline: start,
      });
      const mine = outcome === 'created' ? running.fabric.id : undefined;
      const up = new Lab(wanted.name, parts, mine);
      if (outcome !== 'unchanged') await firstAnswers(engine, running, emit, signal).catch(up.#endAfter);
      return up;
    } catch (error) {
      parts.events.end();
      parts.engine.close();
      throw error;
    }
  }

  /** Returns a lab that runs, whoever started it; it stays when this object is disposed of. */
  static async running(name: string, options: Own = {}): Promise<Lab> {
    const parts = await open(options);
    try {
      await mustRun(parts.engine, name);
      return new Lab(name, parts, undefined);
    } catch (error) {
      parts.engine.close();
      throw error;
    }
  }

  /** Runs a command in a node, in the kernel that has its network. A command that fails is a result, not an error. */
  async exec(node: string, ...command: readonly string[]): Promise<Ran> {
    const hand = await this.#hand();
    const { running } = await mustHaveNode(hand.running, node);
    if (!running) throw new Failure('node-ended', { lab: this.name, node, file: hand.lab.lab });
    return hand.tryRun(node, command);
  }

  /** Tests the lab by its scenario, as it runs, and returns the report; checks that fail are in it. */
  async test(options: TestOptions = {}): Promise<Report> {
    const { lab } = await mustRun(this.#engine, this.name);
    return this.#tested(lab, options);
  }

  /** Injects a fault, such as `kill:lb1`, which stays until `heal`. Returns when it took effect. */
  async fault(fault: string): Promise<Date> {
    const hand = await this.#hand();
    return new Date((await injectToStay(hand, faultIn(hand.lab, fault))) / 1000);
  }

  /** Heals a fault, or, without one, everything that is active. Returns what was done, in words. */
  async heal(fault?: string): Promise<readonly string[]> {
    const hand = await this.#hand();
    const done: string[] = [];
    const wanted = fault === undefined ? undefined : faultIn(hand.lab, fault);
    await healAll(hand, wanted, this.#start, ({ text }) => done.push(text));
    return done;
  }

  /** Injects a fault and heals it, several times, and returns what clients noticed. */
  async outage(asked: Asked): Promise<Outages> {
    const measuring = { runs: 1, flows: 1, ...asked };
    mustBeMeasurable(measuring);
    const { lab } = await mustRun(this.#engine, this.name);
    const step = stepOf(lab, measuring);
    const report = await this.#tested({ ...lab, scenario: [step] }, asked);
    const { measured, budget, error } = outagesIn(report.results);
    return { report, budget, error, figures: Object.fromEntries(measured.map((m) => [m.name, m.distribution])) };
  }

  /**
   * Captures packets of a segment (`lan`), of a node (`lb1`), or of a device in it (`rs1:tunl0`). Resolves when it captures:
   * each packet after that is in `pcap`, until `stop`.
   */
  async capture(where: string, { filter = [], count }: CaptureOptions = {}): Promise<Capture> {
    const running = await mustRun(this.#engine, this.name);
    const options = { pcap: true, ...(count === undefined ? {} : { count }) };
    const { container, argv } = await captureCommand(running, where, filter, options);
    const id = randomUUID();
    const run = await this.#engine.execStream(container, argv, { env: [`LAB_EXEC=${id}`] });
    return capturing(run, () =>
      this.#engine.exec(container, ['nodectl', 'signal', id, String(constants.signals.SIGINT)]),
    );
  }

  /** What happens to the lab by this object, from now on. Ends when the object is disposed of. */
  events(): AsyncIterableIterator<Event> {
    return this.#events.listen();
  }

  /** Removes the lab, whoever started it. */
  async down(): Promise<void> {
    await takeDown(this.#engine, this.name, this.#events.send);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#mine !== undefined) await takeDown(this.#engine, this.name, this.#events.send, this.#mine);
    } finally {
      this.#events.end();
      this.#engine.close();
    }
  }

  readonly #endAfter = async (error: unknown): Promise<never> => {
    if (this.#mine !== undefined) await takeDown(this.#engine, this.name, this.#events.send, this.#mine);
    throw error;
  };

  async #hand(): Promise<Hand> {
    return new Hand(this.#engine, await mustRun(this.#engine, this.name), this.#signal);
  }

  async #tested(lab: Parameters<typeof testLab>[1]['lab'], { report, bail }: TestOptions): Promise<Report> {
    const run = {
      ...{ lab, argument: this.name, runs: true, keep: true, bail: bail ?? false, bootDeadline: this.#start },
      ...(report === undefined ? {} : { report }),
    };
    const tested = await testLab(this.#engine, run, this.#events.send, this.#signal);
    if (tested.failure !== undefined) throw tested.failure;
    return tested.report;
  }
}

/** Options that are no matter of the lab, but of this object. */
type Own = Pick<UpOptions, 'signal' | 'start' | 'onEvent'>;

/** What a lab works with. */
interface Parts {
  readonly engine: Engine;
  readonly events: Channel<Event>;
  readonly signal: AbortSignal;
  readonly start: number;
}

async function open({ signal, start, onEvent }: Own): Promise<Parts> {
  const engine = dockerEngine();
  const own = signal ?? new AbortController().signal;
  setMaxListeners(0, own); // everything that runs in parallel listens to it
  for (const driver of Object.values(drivers)) await driver.look?.(engine);
  return { engine, events: new Channel(onEvent), signal: own, start: start ?? START_MS };
}

function named({ name, kernel, driver, dpvs, keepalived, qemu, frr, allowOutside }: UpOptions): LabOptions {
  return {
    ...(name === undefined ? {} : { name }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(driver === undefined ? {} : { driver }),
    ...(dpvs === undefined ? {} : { dpvs }),
    ...(keepalived === undefined ? {} : { keepalived }),
    ...(qemu === undefined ? {} : { qemu }),
    ...(frr === undefined ? {} : { frr }),
    ...(allowOutside === undefined ? {} : { allowOutside }),
  };
}
