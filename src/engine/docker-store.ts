import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type Docker from 'dockerode';
import type { ImageSpec, ImageStore, OnBytes, StoredImage } from './image-store.ts';
import { isStatus } from './refusal.ts';
import { credentialsFor } from './registry-login.ts';

/** A line of an operation's progress. */
interface Progress {
  readonly stream?: string;
  readonly error?: string;
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly aux?: { readonly Digest?: string };
}

type Call = <T>(work: () => Promise<T>) => Promise<T>;

/** The images of a Docker engine. */
export class DockerStore implements ImageStore {
  readonly #docker: Docker;
  /** Turns an error of the engine into helpful words. */
  readonly #call: Call;

  constructor(docker: Docker, call: Call) {
    this.#docker = docker;
    this.#call = call;
  }

  async list(
    which: { readonly reference: string } | { readonly unnamedWith: string },
  ): Promise<readonly StoredImage[]> {
    const filters =
      'reference' in which ? { reference: [which.reference] } : { dangling: ['true'], label: [which.unnamedWith] };
    const all = await this.#call(() => this.#docker.listImages({ filters }));
    return all.map((i) => ({
      id: i.Id,
      tags: (i.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
      bytes: i.Size,
      created: i.Created,
      labels: i.Labels ?? {},
    }));
  }

  async used(): Promise<ReadonlySet<string>> {
    const all = await this.#call(() => this.#docker.listContainers({ all: true }));
    return new Set(all.map((c) => c.ImageID));
  }

  async tag(reference: string, tag: string): Promise<void> {
    await this.#call(() => this.#docker.getImage(reference).tag(named(tag)));
  }

  async remove(reference: string): Promise<boolean> {
    try {
      await this.#call(() => this.#docker.getImage(reference).remove());
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return true;
      if (isStatus(error, 409)) return false;
      throw error;
    }
  }

  async held(reference: string): Promise<string | undefined> {
    try {
      const { Descriptor } = await this.#call(() =>
        this.#docker.getImage(reference).distribution({ ...credentialsFor(reference) }),
      );
      return Descriptor.digest;
    } catch (error) {
      if (isStatus(error, 404) || /manifest unknown|not found/i.test((error as Error).message)) return undefined;
      throw error;
    }
  }

  async pull(reference: string, onBytes?: OnBytes): Promise<void> {
    const stream = await this.#call(() => this.#docker.pull(reference, { ...credentialsFor(reference) }));
    await this.#follow(stream, bytesOf('Downloading', onBytes));
  }

  async push(reference: string, onBytes?: OnBytes): Promise<string> {
    const { tag } = named(reference);
    const stream = await this.#call(() => this.#docker.getImage(reference).push({ tag, ...credentialsFor(reference) }));
    const bytes = bytesOf('Pushing', onBytes);
    let digest: string | undefined;
    await this.#follow(stream, (event) => {
      bytes(event);
      digest = event.aux?.Digest ?? digest;
    });
    if (digest === undefined) throw new Error(`the engine does not tell the digest of ${reference}`);
    return digest;
  }

  async save(tags: readonly string[]): Promise<Readable> {
    // @types/dockerode lacks it.
    const docker = this.#docker as unknown as { getImages(options: { names: readonly string[] }): Promise<Readable> };
    return this.#call(() => docker.getImages({ names: tags }));
  }

  async load(tar: Readable): Promise<void> {
    await this.#follow(await this.#call(() => this.#docker.loadImage(tar as unknown as NodeJS.ReadableStream)));
  }

  async importImage(tar: Readable, tag: string): Promise<void> {
    const { repo, tag: version } = named(tag);
    const stream = await this.#call(() =>
      this.#docker.importImage(tar as unknown as NodeJS.ReadableStream, { fromSrc: '-', repo, tag: version }),
    );
    await this.#follow(stream);
  }

  async build(
    context: Readable,
    { tag, labels, arguments: given }: ImageSpec,
    onLine: (line: string) => void,
  ): Promise<void> {
    const proxies = Object.fromEntries(
      ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) =>
        process.env[name] ? [[name, process.env[name]]] : [],
      ),
    );
    const stream = await this.#call(() =>
      // The host's network: a build must reach a package mirror that may only be known there.
      this.#docker.buildImage(context, {
        t: tag,
        labels: { ...labels },
        networkmode: 'host',
        rm: true,
        forcerm: true,
        buildargs: { ...proxies, ...given },
      }),
    );
    await this.#follow(stream, ({ stream: text }) => {
      // What a program of a build writes to its stderr comes coloured.
      const lines = stripVTControlCharacters(text ?? '').split('\n');
      for (const line of lines) if (line.trim() !== '') onLine(line);
    });
  }

  /** Reads an operation's progress to its end; throws the error that it reports. */
  async #follow(stream: NodeJS.ReadableStream, onEvent: (event: Progress) => void = () => undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(
        stream,
        (error: Error | null) => (error ? reject(error) : resolve()),
        (event: Progress) => {
          onEvent(event);
          if (event.error) reject(new Error(event.error));
        },
      );
    });
  }
}

/** Returns name and version of a tag; a registry's port is part of the name. */
function named(tag: string): { readonly repo: string; readonly tag: string } {
  const colon = tag.lastIndexOf(':');
  return colon > tag.lastIndexOf('/')
    ? { repo: tag.slice(0, colon), tag: tag.slice(colon + 1) }
    : { repo: tag, tag: 'latest' };
}

/** Returns what adds up the bytes of all layers of a transfer. */
function bytesOf(word: string, onBytes: OnBytes | undefined): (event: Progress) => void {
  const layers = new Map<string, { done: number; total: number }>();
  return ({ id, status, progressDetail }) => {
    if (status !== word || id === undefined || !progressDetail?.total) return;
    const { current = 0, total } = progressDetail;
    layers.set(id, { done: Math.min(current, total), total });
    const all = [...layers.values()];
    onBytes?.(
      all.reduce((sum, l) => sum + l.done, 0),
      all.reduce((sum, l) => sum + l.total, 0),
    );
  };
}
