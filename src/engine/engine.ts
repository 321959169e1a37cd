import type { Readable, Writable } from 'node:stream';
import { Failure } from '../failure.ts';
import type { ImageStore } from './image-store.ts';

/** What a container needs, and its limits. */
export interface ContainerNeeds {
  /** All its capabilities: without them every capability is dropped. */
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
  /** /proc/sys/net is writable inside: it belongs to the container. The rest of /proc/sys stays read-only. */
  readonly writableNetSysctls: boolean;
  /** Maximum memory in megabytes. */
  readonly memoryMb: number;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly needs: ContainerNeeds;
  readonly command: readonly string[];
  /** A folder outside the container's own files that other containers can read. */
  readonly shares?: string;
  /** ID of a container whose shared folder it sees, read-only, at the same path. */
  readonly looksInto?: string;
}

/** A container in the engine's list. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `created`: never started; `going`: being removed. */
  readonly state: 'created' | 'running' | 'ended' | 'going';
  readonly running: boolean;
  /** Seconds since 1970. */
  readonly created: number;
}

/** The lane of commands that change nothing in a lab. */
export const LOOK = 'look';

export interface ExecOptions {
  readonly signal?: AbortSignal | undefined;
  /** Its stdin, which ends after it; without it stdin stays open until the command ends. */
  readonly input?: Buffer | string;
  /** Receives whole lines of stdout as they arrive. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds after which the command is abandoned and an Overrun is thrown; no limit if absent. */
  readonly within?: number;
  /**
   * The container's command server runs it, together with all commands of this lane; `commands` shows the lane. Without
   * it, the command is one of the engine's own, which takes a tenth of a second of a processor, and whose output is
   * complete even if the container ends.
   */
  readonly lane?: string;
}

export interface StreamOptions {
  readonly tty?: boolean;
  readonly env?: readonly string[];
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in a container with its streams open. */
export interface ExecStream {
  readonly stdin: Writable;
  /** With a terminal, all output arrives on stdout. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(rows: number, columns: number): Promise<void>;
  /** The exit code, after the streams have ended. */
  readonly exit: Promise<number>;
}

export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly kernel: string;
  readonly arch: string;
  readonly os: string;
  /** The address of its API. */
  readonly address: string;
  readonly cpus: number;
  readonly memory: number;
}

/** What an image says of itself. */
export interface ImageDetails {
  /** The digest of its configuration: another content has another one. */
  readonly id: string;
  readonly bytes: number;
  /** The processor that it is for, in Go's words: amd64, arm64. */
  readonly arch: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Environment variables of its containers. */
  readonly env: Readonly<Record<string, string>>;
}

/** A command printed more, or took longer, than the limit. */
export class Overrun extends Failure<'overrun'> {
  /** What it did, in words that follow the command. */
  readonly what: string;

  constructor(what: string) {
    super('overrun', { what });
    this.what = what;
  }
}

/** The container engine, as far as lvslab uses it. One file implements it: docker.ts. */
export interface Engine {
  readonly address: string;
  /** How its images come and go. */
  readonly store: ImageStore;
  info(): Promise<EngineInfo>;
  /** Returns all containers with the label, running or not. */
  list(label: string): Promise<readonly Container[]>;
  create(spec: ContainerSpec): Promise<string>;
  start(id: string): Promise<void>;
  /** Ends a container at once, with its processes, but does not remove it. No error if it has ended. */
  kill(id: string): Promise<void>;
  /** Waits until a container has ended or is gone; throws when aborted. */
  ended(id: string, signal: AbortSignal): Promise<void>;
  /** Removes a container, running or not, and waits until it is gone; no error if it is gone already. */
  remove(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Limits a container to a share of a processor (0.05 is a twentieth); 0: no limit. */
  limitCpu(id: string, share: number): Promise<void>;
  /** Returns whether a container runs, paused or not. */
  runs(id: string): Promise<boolean>;
  /** Returns the bytes of memory that the container uses, without page cache that can be dropped. */
  memory(id: string): Promise<number>;
  /** Returns the commands that run in a container in addition to its own, word by word; none if it is gone. */
  commands(id: string): Promise<readonly (readonly string[])[]>;
  exec(id: string, command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  execStream(id: string, command: readonly string[], options?: StreamOptions): Promise<ExecStream>;
  /** Returns the container's output so far, or follows it to its end. */
  logs(
    id: string,
    options: { follow: boolean; tail?: number; timestamps: boolean; signal?: AbortSignal },
  ): Promise<Readable>;
  /** Runs a command in a new container and removes the container. */
  runOnce(
    image: string,
    command: readonly string[],
    needs: ContainerNeeds,
    labels: Readonly<Record<string, string>>,
  ): Promise<ExecResult>;
  hasImage(tag: string): Promise<boolean>;
  /** Returns an image by its name or ID; undefined if the engine does not have it. */
  image(reference: string): Promise<ImageDetails | undefined>;
  close(): void;
}
