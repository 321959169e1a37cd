import type { Readable, Writable } from 'node:stream';
import { Failure } from '../failure.ts';

/** What a container must be given, and may take at the most. */
export interface ContainerNeeds {
  /** All that it has: without them every capability is dropped. */
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
  /** /proc/sys/net may be written from inside: it is the container's own. The rest of /proc/sys stays read-only. */
  readonly writableNetSysctls: boolean;
  /** Most megabytes of memory. */
  readonly memoryMb: number;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly needs: ContainerNeeds;
  readonly command: readonly string[];
  /** A folder that it keeps outside its own files, for others to look into. */
  readonly shares?: string;
  /** Id of a container whose shared folder it sees, at the same place, and cannot write to. */
  readonly looksInto?: string;
}

/** A container as the engine lists it. */
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

export interface ExecOptions {
  readonly signal?: AbortSignal | undefined;
  /** What it reads on stdin, to its end; without it stdin stays open until the command ends. */
  readonly input?: Buffer | string;
  /** Called with whole lines of stdout as they come. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds after which it is left to itself, and an Overrun thrown; no end to them when absent. */
  readonly within?: number;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in a container with its streams open. */
export interface ExecStream {
  readonly stdin: Writable;
  /** With a terminal everything comes on stdout. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(rows: number, columns: number): Promise<void>;
  /** The exit code, once the streams have ended. */
  readonly exit: Promise<number>;
}

export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly kernel: string;
  readonly arch: string;
  readonly os: string;
  /** Where its API was reached. */
  readonly address: string;
  readonly cpus: number;
  readonly memory: number;
}

export interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly created: number;
}

/** A command that printed more, or took longer, than is waited for. */
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
  info(): Promise<EngineInfo>;
  /** All containers that carry the label, running or not. */
  list(label: string): Promise<readonly Container[]>;
  create(spec: ContainerSpec): Promise<string>;
  start(id: string): Promise<void>;
  /** Ends a container at once, with its processes; it stays. No error when it has ended. */
  kill(id: string): Promise<void>;
  /** Returns once a container has ended or is gone; throws when aborted. */
  ended(id: string, signal: AbortSignal): Promise<void>;
  /** Removes a container, running or not; no error when it is gone. Returns once it is gone. */
  remove(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Holds a container to so much of a processor (0.05 is a twentieth); 0: to nothing. */
  limitCpu(id: string, share: number): Promise<void>;
  /** Whether a container runs, paused or not. */
  runs(id: string): Promise<boolean>;
  /** Bytes of memory that the container takes, page cache that can be dropped left out. */
  memory(id: string): Promise<number>;
  /** The commands that run in a container beside its own, word by word; none where it is gone. */
  commands(id: string): Promise<readonly (readonly string[])[]>;
  exec(id: string, command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  execStream(
    id: string,
    command: readonly string[],
    options?: { tty?: boolean; env?: readonly string[] },
  ): Promise<ExecStream>;
  /** The container's output so far, or followed to its end. */
  logs(
    id: string,
    options: { follow: boolean; tail?: number; timestamps: boolean; signal?: AbortSignal },
  ): Promise<Readable>;
  /** Runs a command in a container of its own and removes it. */
  runOnce(
    image: string,
    command: readonly string[],
    needs: ContainerNeeds,
    labels: Readonly<Record<string, string>>,
  ): Promise<ExecResult>;
  images(reference: string): Promise<readonly Image[]>;
  hasImage(tag: string): Promise<boolean>;
  /** Pulls an image and tags it; throws when no registry gives it. */
  pull(reference: string, tag: string): Promise<void>;
  /** Makes an image of a root file system's tar. */
  importImage(tar: Readable, tag: string): Promise<void>;
  /** Builds an image from a tar of its folder; throws with the step that failed. */
  build(
    context: Readable,
    tag: string,
    labels: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ): Promise<void>;
  close(): void;
}
