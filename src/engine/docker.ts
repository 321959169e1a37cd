import { PassThrough, type Readable } from 'node:stream';
import Docker from 'dockerode';
import { Failure } from '../failure.ts';
import type { Owner } from '../failure-words.ts';
import { createOptions } from './create-options.ts';
import { DockerStore } from './docker-store.ts';
import type {
  Container,
  ContainerNeeds,
  ContainerSpec,
  Engine,
  EngineInfo,
  ExecOptions,
  ExecResult,
  ExecStream,
  ImageDetails,
  StreamOptions,
} from './engine.ts';
import { Execs } from './execs.ts';
import { LABEL } from './labels.ts';
import { isStatus, refusal } from './refusal.ts';
import { frames } from './streams.ts';

interface ApiError {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message: string;
}

/** Returns the engine that DOCKER_HOST names, or the one at the default socket. Sends nothing before it is used. */
export function dockerEngine(): Engine {
  const host = process.env['DOCKER_HOST'];
  try {
    return new DockerEngine(new Docker(), host ?? 'unix:///var/run/docker.sock');
  } catch (error) {
    throw new Failure('invalid-docker-host', { why: (error as Error).message });
  }
}

/** Microseconds over which a CPU share is measured. */
const CPU_PERIOD = 100_000;

/** Error codes of a failed connection: the system's (ECONNREFUSED) and those of Node's HTTP parser. */
const UNREACHED = /^(E[A-Z]+|HPE_\w+)$/;

class DockerEngine implements Engine {
  readonly #docker: Docker;
  /** Ends commands that still run: the engine does not end every command of a container that it removes. */
  readonly #closing = new AbortController();
  /** The owner of each container that was listed or created. */
  readonly #owners = new Map<string, Owner>();
  readonly #execs: Execs;
  readonly store: DockerStore;
  readonly address: string;

  constructor(docker: Docker, address: string) {
    this.#docker = docker;
    this.address = address;
    this.store = new DockerStore(docker, (work) => this.#call(work));
    this.#execs = new Execs(docker, (work, container) => this.#call(work, container), this.#closing.signal);
  }

  /** Turns an engine error, for a named container if any, and a failed connection into helpful words. */
  async #call<T>(work: () => Promise<T>, container?: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { code, statusCode, message } = error as ApiError;
      if (statusCode !== undefined)
        throw refusal(statusCode, message, container === undefined ? undefined : this.#owners.get(container));
      if (code !== undefined && UNREACHED.test(code)) {
        throw new Failure('no-engine', { address: this.address, code });
      }
      throw error;
    }
  }

  /** Stores the owner of a container. */
  #own(id: string, labels: Readonly<Record<string, string>>): void {
    const lab = labels[LABEL.lab];
    if (lab !== undefined) this.#owners.set(id, { lab, node: labels[LABEL.node] || undefined });
  }

  async info(): Promise<EngineInfo> {
    return this.#call(async () => {
      const [version, info] = await Promise.all([this.#docker.version(), this.#docker.info()]);
      return {
        id: String(info.ID),
        version: version.Version,
        apiVersion: version.ApiVersion,
        kernel: version.KernelVersion ?? '',
        arch: version.Arch,
        os: String(info.OperatingSystem),
        address: this.address,
        cpus: Number(info.NCPU),
        memory: Number(info.MemTotal),
      };
    });
  }

  async list(label: string): Promise<readonly Container[]> {
    const all = await this.#call(() => this.#docker.listContainers({ all: true, filters: { label: [label] } }));
    for (const c of all) this.#own(c.Id, c.Labels);
    return all.map((c) => ({
      id: c.Id,
      name: (c.Names[0] ?? '').replace(/^\//, ''),
      labels: c.Labels,
      ...stateOf(c.State),
      created: c.Created,
    }));
  }

  async create(spec: ContainerSpec): Promise<string> {
    const container = await this.#call(() => this.#docker.createContainer(createOptions(spec)));
    this.#own(container.id, spec.labels);
    return container.id;
  }

  async start(id: string): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).start(), id);
  }

  async kill(id: string): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).kill(), id).catch((error: unknown) => {
      if (!isStatus(error, 409)) throw error;
    });
  }

  async ended(id: string, signal: AbortSignal): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).wait({ abortSignal: signal }), id).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!isStatus(error, 404)) throw error;
    });
  }

  async remove(id: string): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).remove({ force: true, v: true }), id).catch(
      async (error: unknown) => {
        if (isStatus(error, 404)) return;
        if (!isStatus(error, 409)) throw error; // another process is already removing it
        await this.#docker
          .getContainer(id)
          .wait({ condition: 'removed' })
          .catch(() => undefined);
      },
    );
  }

  async pause(id: string): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).pause(), id);
  }

  async unpause(id: string): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).unpause(), id);
  }

  async limitCpu(id: string, share: number): Promise<void> {
    const quota = share === 0 ? -1 : Math.max(1000, Math.round(share * CPU_PERIOD));
    await this.#call(() => this.#docker.getContainer(id).update({ CpuPeriod: CPU_PERIOD, CpuQuota: quota }), id);
  }

  async runs(id: string): Promise<boolean> {
    return (await this.#call(() => this.#docker.getContainer(id).inspect(), id)).State.Running;
  }

  async memory(id: string): Promise<number> {
    const stats = await this.#call(() => this.#docker.getContainer(id).stats({ stream: false, 'one-shot': true }), id);
    const { usage = 0, stats: parts } = stats.memory_stats as { usage?: number; stats?: Record<string, number> };
    return usage - (parts?.['total_inactive_file'] ?? parts?.['inactive_file'] ?? 0);
  }

  commands(id: string): Promise<readonly (readonly string[])[]> {
    return this.#execs.commands(id);
  }

  exec(id: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return this.#execs.exec(id, command, options);
  }

  execStream(id: string, command: readonly string[], options: StreamOptions = {}): Promise<ExecStream> {
    return this.#execs.stream(id, command, options);
  }

  async logs(
    id: string,
    options: { follow: boolean; tail?: number; timestamps: boolean; signal?: AbortSignal },
  ): Promise<Readable> {
    const common = {
      stdout: true,
      stderr: true,
      timestamps: options.timestamps,
      ...(options.tail === undefined ? {} : { tail: options.tail }),
    };
    const out = new PassThrough();
    const container = this.#docker.getContainer(id);
    if (!options.follow) {
      const whole = await this.#call(() => container.logs({ ...common, follow: false }), id);
      for (const frame of frames(whole)) out.write(frame);
      out.end();
      return out;
    }
    const stream = (await this.#call(() => container.logs({ ...common, follow: true }), id)) as unknown as Readable;
    this.#docker.modem.demuxStream(stream, out, out);
    stream.once('end', () => out.end());
    stream.once('close', () => out.end());
    options.signal?.addEventListener('abort', () => stream.destroy(), { once: true });
    return out;
  }

  async runOnce(
    image: string,
    command: readonly string[],
    needs: ContainerNeeds,
    labels: Readonly<Record<string, string>>,
  ): Promise<ExecResult> {
    const spec = { name: '', image, hostname: 'probe', labels, needs, command };
    const container = await this.#call(() => this.#docker.createContainer(createOptions(spec)));
    try {
      await this.#call(() => container.start());
      const { StatusCode: code } = (await this.#call(() => container.wait())) as { StatusCode: number };
      const text = frames(await this.#call(() => container.logs({ stdout: true, stderr: true, follow: false }))).join(
        '',
      );
      return { code, stdout: text, stderr: '' };
    } finally {
      await this.remove(container.id);
    }
  }

  async hasImage(tag: string): Promise<boolean> {
    return (await this.image(tag)) !== undefined;
  }

  async image(reference: string): Promise<ImageDetails | undefined> {
    return this.#call(() => this.#docker.getImage(reference).inspect()).then(
      ({ Id: id, Size: bytes, Config: config, Architecture: arch }) => ({
        id,
        bytes,
        arch,
        labels: config?.Labels ?? {},
        env: Object.fromEntries((config?.Env ?? []).map((line) => line.split(/=(.*)/s, 2) as [string, string])),
      }),
      (error: unknown) => {
        if (isStatus(error, 400, 404)) return undefined; // 400: it is no name of an image
        throw error;
      },
    );
  }

  close(): void {
    this.#closing.abort();
    (this.#docker.modem as { agent?: { destroy?: () => void } }).agent?.destroy?.();
  }
}

function stateOf(state: string): Pick<Container, 'state' | 'running'> {
  if (state === 'running' || state === 'paused') return { state: 'running', running: true };
  if (state === 'created' || state === 'initialized') return { state: 'created', running: false };
  return { state: state === 'removing' || state === 'dead' ? 'going' : 'ended', running: false };
}
