import { pack } from 'tar-stream';
import type { ContainerNeeds, Engine } from '../engine/engine.ts';
import { imageTag } from '../engine/images.ts';
import { containerName, LABEL, packLab } from '../engine/labels.ts';
import type { Emit } from '../events.ts';
import { LINKS_FOLLOW, verifyWiring, type WireTarget, wiringCommand, wiringFiles } from '../fabric/wiring.ts';
import { Failure } from '../failure.ts';
import { kernels } from '../kernels/index.ts';
import type { KernelName } from '../kernels/kernel.ts';
import { nodeOf } from '../lab/lookup.ts';
import type { Lab, LabNode } from '../lab/model.ts';
import { nodeFiles } from '../nodes/files.ts';
import { partOf } from '../nodes/index.ts';
import { unreachable } from '../result.ts';
import type { Running } from './observe.ts';
import type { Op, Plan } from './reconcile.ts';

export interface ExecuteOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that nodes may take from released to ready. */
  readonly bootDeadline: number;
}

/** What the fabric must be given; with what a guest kernel needs, for hops in wires, where the lab has such kernels anyway. */
function fabricNeeds(nodeKernels: ReadonlyMap<string, KernelName>): ContainerNeeds {
  const guest = [...nodeKernels.values()].includes('uml');
  return {
    capabilities: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE'],
    devices: guest ? kernels.uml.needs.devices : [],
    tmpfs: guest ? kernels.uml.needs.tmpfs : {},
    writableNetSysctls: true,
  };
}

/** Carries a plan out, deciding nothing. Knows the containers by the names that it made or found. */
export class Executor {
  readonly #engine: Engine;
  readonly #lab: Lab;
  readonly #kernels: ReadonlyMap<string, KernelName>;
  readonly #options: ExecuteOptions;
  readonly #ids = new Map<string, string>();

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
    for (const [node, c] of running.nodes) this.#ids.set(node, c.id);
    if (running.fabric) this.#ids.set(running.fabric.name, running.fabric.id);
  }

  /** Throws at the first operation that fails, once its stage has come to rest; or when aborted, between operations. */
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
          await this.#create(op.target, {
            hostname: 'fabric',
            labels: { [LABEL.node]: '', [LABEL.kind]: 'fabric', [LABEL.definition]: packLab(this.#lab) },
            needs: fabricNeeds(this.#kernels),
            seesHostProcesses: true,
          }),
        );
        return;
      case 'create': {
        const node = nodeOf(this.#lab, op.target);
        this.#progress(node.name, 'creating');
        this.#ids.set(
          node.name,
          await this.#create(containerName(this.#lab.name, node.name), {
            hostname: node.name,
            labels: { [LABEL.node]: node.name, [LABEL.kind]: node.kind, [LABEL.kernel]: op.kernel },
            needs: needsOf(this.#lab, node, op.kernel),
            seesHostProcesses: false,
          }),
        );
        this.#progress(node.name, 'created');
        return;
      }
      case 'start':
        if (this.#lab.nodes.some((n) => n.name === op.target)) this.#progress(op.target, 'starting');
        await this.#engine.start(this.#id(op.target));
        return;
      case 'wire':
        await this.#wire(op.nodes, op.bridges);
        return;
      default:
        unreachable(op);
    }
  }

  async #create(name: string, spec: Omit<Parameters<Engine['create']>[0], 'name' | 'image'>): Promise<string> {
    return this.#engine.create({
      ...spec,
      name,
      image: imageTag('node'),
      labels: { ...spec.labels, [LABEL.lab]: this.#lab.name },
    });
  }

  async #wire(names: readonly string[], bridges: boolean): Promise<void> {
    const targets = await Promise.all(names.map((name) => this.#target(name)));
    for (const name of names) this.#progress(name, 'booting');
    const failed: string[] = [];
    const links: string[] = [];
    let afterNodes = false;
    const result = await this.#engine.exec(
      this.#id(containerName(this.#lab.name)),
      wiringCommand(targets, this.#options.bootDeadline),
      {
        signal: this.#options.signal,
        input: await tarOf(wiringFiles(this.#lab, targets, bridges)),
        onLine: (line) => {
          if (afterNodes) links.push(line);
          else if (line === LINKS_FOLLOW) afterNodes = true;
          else {
            const [name = '', state = '', ...why] = line.split(' ');
            if (state === 'ready') this.#progress(name, 'ready');
            else {
              const detail =
                state === 'late' ? `not ready after ${this.#options.bootDeadline / 1000} s` : why.join(' ');
              failed.push(`${name}: ${detail}`);
              this.#progress(name, 'failed', detail);
            }
          }
        },
      },
    );
    if (result.code !== 0)
      throw new Failure(
        'environment',
        `the lab's wires cannot be made: ${result.stderr.trim() || result.stdout.trim()}`,
        '`lab doctor` tells what the engine allows',
      );
    if (failed.length > 0) {
      const culprit = failed[0]?.split(':')[0] ?? '';
      throw new Failure(
        'failed',
        `not every node came up: ${failed.join('; ')}\n${await this.#lastWords(culprit)}`,
        'its whole output is above; mend its setup script or configuration and try again',
      );
    }
    const wrong = verifyWiring(
      targets.map((t) => t.node),
      links.join('\n'),
    );
    if (wrong.length > 0)
      throw new Failure('environment', `the wires are not as the lab has them: ${wrong.join('; ')}`);
  }

  async #target(name: string): Promise<WireTarget> {
    const node = nodeOf(this.#lab, name);
    const kernel = kernels[this.#kernels.get(name) ?? 'host'];
    return { node, pid: await this.#engine.pid(this.#id(name)), files: nodeFiles(this.#lab, node, kernel) };
  }

  async #lastWords(node: string): Promise<string> {
    const stream = await this.#engine.logs(this.#id(node), { follow: false, tail: 15, timestamps: false });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => `    ${node}| ${line}`)
      .join('\n');
  }
}

/** What a node's container must be given: for its kernel, and for its programs. */
function needsOf(lab: Lab, node: LabNode, kernel: KernelName): ContainerNeeds {
  const { needs } = kernels[kernel];
  const more = partOf(lab, node).capabilities.filter((c) => !needs.capabilities.includes(c));
  return { ...needs, capabilities: [...needs.capabilities, ...more] };
}

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files))
    tar.entry({ name, mode: name.endsWith('.sh') ? 0o755 : 0o644 }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
