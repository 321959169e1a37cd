import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { driverOf } from '../drivers/index.ts';
import type { ContainerNeeds, Engine } from '../engine/engine.ts';
import { type Image, imageTag, NODE } from '../engine/images.ts';
import { containerName, LABEL, packLab } from '../engine/labels.ts';
import { Refusal } from '../engine/refusal.ts';
import type { Emit } from '../events.ts';
import { eventually } from '../eventually.ts';
import { LINKS_FOLLOW, verifyWiring, WIRE, type WireTarget, wiringJob } from '../fabric/wiring.ts';
import { Failure } from '../failure.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import { nodeFiles } from '../layout/files.ts';
import { partOf } from '../layout/part-of.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { KernelName } from '../model/words.ts';
import { unreachable } from '../result.ts';
import { imageOfNode } from './choose-kernels.ts';
import { Hold, whoWeAre } from './hold.ts';
import type { Running } from './observe.ts';
import { namedByLab } from './own-names.ts';
import type { Op, Plan } from './reconcile.ts';

export interface ExecuteOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that nodes may take from their release until they are ready. */
  readonly bootDeadline: number;
}

/** The folder of the fabric's socket, in the fabric and in every node. */
const WIRE_FOLDER = '/wire';
/** How many lines of a node that did not come up are read for the cause, and how many are shown. */
const [READ_LINES, SHOWN_LINES] = [400, 15];
/** Milliseconds between two checks that the containers of starting nodes still run. */
const WATCH_MS = 1000;
/** Megabytes of the fabric: captures, and small guest kernels in wires. */
const FABRIC_MB = 1024;

/** Another process created the lab's fabric first: the engine gives out a name only once. */
export class SomebodyElse extends Error {
  override readonly name = 'SomebodyElse';
}

/** Returns what the fabric needs, including the needs of hops in wires if a kernel of the lab can run them. */
function fabricNeeds(nodeKernels: ReadonlyMap<string, KernelName>): ContainerNeeds {
  const [hop] = [...nodeKernels.values()].flatMap((name) => kernels[name].hop ?? []);
  return { ...(hop?.needs ?? kernels[PLAIN].needs), memoryMb: FABRIC_MB };
}

/** Carries out a plan without making decisions. Refers to containers by the names that it created or found. */
export class Executor {
  readonly #engine: Engine;
  readonly #lab: Lab;
  readonly #kernels: ReadonlyMap<string, KernelName>;
  readonly #options: ExecuteOptions;
  readonly #ids = new Map<string, string>();
  /** The tokens by which the fabric identifies nodes. */
  readonly #tokens = new Map<string, string>();
  /** IDs of the containers that were created, in this order: the fabric first, if it is one of them. */
  readonly made: string[] = [];
  /** The hold on the lab, from the time when its new fabric runs. */
  hold: Hold | undefined;

  constructor(
    engine: Engine,
    lab: Lab,
    nodeKernels: ReadonlyMap<string, KernelName>,
    running: Running,
    options: ExecuteOptions,
  ) {
    this.#engine = engine;
    this.#lab = lab;
    this.#kernels = nodeKernels;
    this.#options = options;
    for (const [node, c] of running.nodes) {
      this.#ids.set(node, c.id);
      this.#tokens.set(node, c.labels[LABEL.token] ?? '');
    }
    if (running.fabric) this.#ids.set(running.fabric.name, running.fabric.id);
  }

  /**
   * Throws the error of the first operation that fails, after the other operations of its stage have ended; or throws
   * when aborted, between operations.
   */
  async run(plan: Plan): Promise<void> {
    for (const stage of plan) {
      this.#options.signal?.throwIfAborted();
      const results = await Promise.allSettled(stage.map((op) => this.#do(op)));
      const failed = results.find((r) => r.status === 'rejected');
      if (failed) throw failed.reason;
    }
    this.#options.signal?.throwIfAborted();
  }

  #progress(
    node: string,
    state: 'creating' | 'created' | 'starting' | 'booting' | 'ready' | 'failed',
    detail?: string,
  ): void {
    this.#options.emit({ type: 'node', lab: this.#lab.name, node, state, ...(detail === undefined ? {} : { detail }) });
  }

  #id(target: string): string {
    const id = this.#ids.get(target);
    if (id === undefined) throw new Error(`no container for ${target}`);
    return id;
  }

  async #do(op: Op): Promise<void> {
    switch (op.op) {
      case 'remove':
        await this.#engine.remove(op.id);
        return;
      case 'create-fabric':
        this.#ids.set(
          op.target,
          await this.#create(op.target, NODE, {
            hostname: 'fabric',
            labels: {
              [LABEL.node]: '',
              [LABEL.kind]: 'fabric',
              [LABEL.by]: whoWeAre(),
              [LABEL.definition]: packLab(this.#lab),
            },
            needs: fabricNeeds(this.#kernels),
            command: ['nodectl', 'fabric'],
            shares: WIRE_FOLDER,
          }).catch((error: unknown) => {
            throw error instanceof Refusal && error.status === 409 ? new SomebodyElse() : error;
          }),
        );
        return;
      case 'create': {
        const node = nodeOf(this.#lab, op.target);
        const token = randomBytes(16).toString('hex');
        this.#tokens.set(node.name, token);
        this.#progress(node.name, 'creating');
        this.#ids.set(
          node.name,
          await this.#create(containerName(this.#lab.name, node.name), imageOfNode(this.#lab, node, op.kernel), {
            hostname: node.name,
            labels: {
              [LABEL.node]: node.name,
              [LABEL.kind]: node.kind,
              [LABEL.kernel]: op.kernel,
              [LABEL.token]: token,
              [LABEL.fabric]: this.#id(containerName(this.#lab.name)),
            },
            needs: needsOf(this.#lab, node, op.kernel),
            command: ['nodectl', 'init', token],
            looksInto: this.#id(containerName(this.#lab.name)),
          }),
        );
        this.#progress(node.name, 'created');
        return;
      }
      case 'start':
        this.#progress(op.target, 'starting');
        await this.#engine.start(this.#id(op.target));
        return;
      case 'hold':
        await this.#engine.start(this.#id(op.target));
        this.hold = await Hold.first(this.#engine, this.#id(op.target));
        return;
      case 'wire':
        await this.#wire(op.nodes, op);
        return;
      default:
        unreachable(op);
    }
  }

  async #create(
    name: string,
    image: Image,
    spec: Omit<Parameters<Engine['create']>[0], 'name' | 'image'>,
  ): Promise<string> {
    const id = await this.#engine.create({
      ...spec,
      name,
      image: imageTag(image),
      labels: { ...spec.labels, [LABEL.lab]: this.#lab.name },
    });
    this.made.push(id);
    return id;
  }

  async #wire(names: readonly string[], { bridges }: { readonly bridges: boolean }): Promise<void> {
    const targets = names.map((name) => this.#target(name));
    for (const name of names) this.#progress(name, 'booting');
    const failed: string[] = [];
    const links: string[] = [];
    let afterNodes = false;
    const onLine = (line: string) => {
      if (afterNodes) links.push(line);
      else if (line === LINKS_FOLLOW) afterNodes = true;
      else {
        const [name = '', state = '', ...why] = line.split(' ');
        if (state === 'ready') this.#progress(name, 'ready');
        else {
          const detail = state === 'late' ? `not ready after ${this.#options.bootDeadline / 1000} s` : why.join(' ');
          failed.push(`${name}: ${detail}`);
          this.#progress(name, 'failed', detail);
        }
      }
    };
    const input = await wiringJob(this.#lab, targets, { bridges, deadlineMs: this.#options.bootDeadline });
    const result = await this.#whileAllRun(names, (signal) =>
      this.#engine.exec(this.#id(containerName(this.#lab.name)), WIRE, { signal, input, onLine }),
    );
    if (result.code !== 0) throw new Failure('no-wires', { said: result.stderr.trim() || result.stdout.trim() });
    if (failed.length > 0) throw await this.#notUp(failed);
    const wrong = verifyWiring(
      targets.map((t) => t.node),
      links.join('\n'),
    );
    if (wrong.length > 0) throw new Failure('wrong-wires', { wrong });
  }

  /**
   * Waits for work in which nodes take part, and throws as soon as the container of one has ended: the other nodes
   * cannot know this.
   */
  async #whileAllRun<T>(names: readonly string[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, ...(this.#options.signal ? [this.#options.signal] : [])]);
    const look = async () => {
      const all = await this.#engine.list(`${LABEL.lab}=${this.#lab.name}`);
      return names.find((name) => all.some((c) => c.id === this.#id(name) && !c.running));
    };
    const watch = async (): Promise<never> => {
      await delay(WATCH_MS, undefined, { signal });
      const ended = await eventually(look, { within: this.#options.bootDeadline, every: WATCH_MS, signal });
      if (ended === undefined) return new Promise(() => undefined); // the work has its own deadline
      this.#progress(ended, 'failed', 'its container ended');
      throw await this.#notUp([`${ended}: its container ended`]);
    };
    const watching = watch();
    watching.catch(() => undefined);
    try {
      return await Promise.race([work(signal), watching]);
    } finally {
      over.abort();
    }
  }

  async #notUp(failed: readonly string[]): Promise<Failure> {
    const culprit = nodeOf(this.#lab, failed[0]?.split(':')[0] ?? '');
    const words = await this.#lastWords(culprit);
    const why = culprit.driver ? driverOf(culprit).explains(words) : undefined;
    const output = words
      .split('\n')
      .slice(-SHOWN_LINES)
      .map((line) => `    ${culprit.name}| ${line}`)
      .join('\n');
    return new Failure('nodes-not-up', { nodes: failed, output, why });
  }

  #target(name: string): WireTarget {
    const node = nodeOf(this.#lab, name);
    const kernel = kernels[this.#kernels.get(name) ?? PLAIN];
    return { node, token: this.#tokens.get(name) ?? '', files: nodeFiles(this.#lab, node, kernel) };
  }

  /** Returns the last lines that a node wrote. */
  async #lastWords(node: LabNode): Promise<string> {
    const stream = await this.#engine.logs(this.#id(node.name), { follow: false, tail: READ_LINES, timestamps: false });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return namedByLab(node, text.replaceAll('\r\n', '\n')).trimEnd(); // a guest's console ends lines so
  }
}

/** Returns what a node's container needs: for its kernel, for the driver of a director, and for its programs. */
function needsOf(lab: Lab, node: LabNode, kernel: KernelName): ContainerNeeds {
  const { needs, capabilities } = kernels[kernel];
  const own = node.driver ? driverOf(node).needs : { capabilities: [], devices: [], tmpfs: {}, memoryMb: 0 };
  const devices = node.driver ? (driverOf(node).extra(node)?.devices ?? []) : [];
  const more = capabilities([...partOf(lab, node).capabilities, ...own.capabilities]);
  return {
    ...needs,
    capabilities: [...new Set([...needs.capabilities, ...more])],
    devices: [...new Set([...needs.devices, ...own.devices, ...devices])],
    tmpfs: { ...needs.tmpfs, ...own.tmpfs },
    memoryMb: needs.memoryMb + own.memoryMb,
  };
}
