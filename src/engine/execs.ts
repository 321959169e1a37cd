import { setMaxListeners } from 'node:events';
import { addAbortSignal, PassThrough } from 'node:stream';
import { debuglog } from 'node:util';
import type Docker from 'dockerode';
import { Failure } from '../failure.ts';
import { type Command, CommandServer, fits } from './command-server.ts';
import { type ExecOptions, type ExecResult, type ExecStream, Overrun, type StreamOptions } from './engine.ts';
import { isStatus } from './refusal.ts';
import { collect, unlessAborted } from './streams.ts';

/** Turns an error of the engine, for a named container if any, into helpful words. */
type Call = <T>(work: () => Promise<T>, container?: string) => Promise<T>;

/** With NODE_DEBUG=lvslab, each command is on stderr as it begins: after the container's ID, as words on one line. */
const debug = debuglog('lvslab');
const trace = (id: string, command: readonly string[]) =>
  debug('%s %s', id.slice(0, 12), command.join(' ').replaceAll(/\s+/g, ' '));

/** A command server of this process. */
interface Served {
  readonly server: CommandServer;
  /** The process ID of the container's first process: after a restart it is another. */
  readonly pid: number;
  /** The engine's ID of the command that is the server. */
  readonly exec: string;
}

/** Runs commands in containers, as `Engine` describes it. */
export class Execs {
  readonly #docker: Docker;
  readonly #call: Call;
  /** Ends commands that still run: the engine does not end every command of a container that it removes. */
  readonly #closing: AbortSignal;
  /** By container and lane. */
  readonly #servers = new Map<string, Promise<Served>>();

  constructor(docker: Docker, call: Call, closing: AbortSignal) {
    this.#docker = docker;
    this.#call = call;
    this.#closing = closing;
    setMaxListeners(0, closing); // each command listens to it
  }

  async commands(id: string): Promise<readonly (readonly string[])[]> {
    const known = await this.#unlessGone(() => this.#docker.getContainer(id).inspect());
    const ids = (known as { ExecIDs?: readonly string[] | null } | undefined)?.ExecIDs ?? [];
    const served = [...this.#servers].flatMap(([key, each]) => (key.startsWith(`${id} `) ? [each] : []));
    const own = (await Promise.allSettled(served)).flatMap((s) => (s.status === 'fulfilled' ? [s.value] : []));
    const others = ids.filter((e) => !own.some((o) => o.exec === e));
    const all = await Promise.all(others.map((e) => this.#unlessGone(() => this.#docker.getExec(e).inspect())));
    return [
      ...own.flatMap((o) => o.server.commands),
      ...all.flatMap((e) => (e?.Running ? [[e.ProcessConfig.entrypoint, ...(e.ProcessConfig.arguments ?? [])]] : [])),
    ];
  }

  async exec(id: string, command: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const { within } = options;
    if (within === undefined) return this.#exec(id, command, options);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Overrun(`did not end within ${within / 1000} s`)), within);
    const signal = options.signal ? AbortSignal.any([options.signal, late.signal]) : late.signal;
    try {
      return await this.#exec(id, command, { ...options, signal });
    } finally {
      clearTimeout(timer);
    }
  }

  async #exec(id: string, command: readonly string[], options: ExecOptions): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const starting = this.#start(id, command, options);
    const run = await unlessAborted(starting, options.signal).catch((error: unknown) => {
      starting.then((late) => late.release()).catch(() => undefined);
      throw error;
    });
    const abort = () => {
      run.release();
      run.stdout.destroy();
      run.stderr.destroy();
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      const [stdout, stderr] = await Promise.all([collect(run.stdout, options.onLine), collect(run.stderr)]);
      return { code: await unlessAborted(run.exit, options.signal), stdout, stderr };
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
      run.release();
    }
  }

  /** Starts a command, by the command server of its lane if it has one. */
  async #start(id: string, command: readonly string[], { lane, input }: ExecOptions): Promise<Command> {
    const server =
      lane !== undefined && input === undefined && fits(command) ? await this.#server(id, lane) : undefined;
    if (server) {
      trace(id, command);
      return server.run(command);
    }
    const { stdin, stdout, stderr, exit } = await this.stream(id, command);
    if (input !== undefined) stdin.end(input);
    return { stdout, stderr, exit, release: () => stdin.end() };
  }

  /** Returns a server that takes commands; undefined if the container cannot have one now, or its image has none. */
  async #server(id: string, lane: string): Promise<CommandServer | undefined> {
    // The engine refuses a command in a container that is paused or has ended. A server would not answer.
    const { State } = await this.#call(() => this.#docker.getContainer(id).inspect(), id);
    if (!State.Running || State.Paused) return undefined;
    const key = `${id} ${lane}`;
    for (let known = this.#servers.get(key); known; known = this.#servers.get(key)) {
      const { server, pid } = await known;
      if (pid === State.Pid && server.open) return (await server.ready) ? server : undefined;
      if (this.#servers.get(key) === known) this.#servers.delete(key);
    }
    const made = this.#serve(id, lane, State.Pid);
    this.#servers.set(key, made);
    made.catch(() => this.#servers.delete(key));
    const { server } = await made;
    return (await server.ready) ? server : undefined;
  }

  async #serve(id: string, lane: string, pid: number): Promise<Served> {
    const exec = await this.#create(id, ['nodectl', 'serve', lane], {});
    return { server: new CommandServer(await this.#attach(id, exec, false)), pid, exec: exec.id };
  }

  async stream(id: string, command: readonly string[], options: StreamOptions = {}): Promise<ExecStream> {
    const exec = await this.#create(id, command, options);
    trace(id, command);
    return this.#attach(id, exec, options.tty ?? false);
  }

  #create(id: string, command: readonly string[], { tty, env }: StreamOptions): Promise<Docker.Exec> {
    return this.#call(
      () =>
        this.#docker.getContainer(id).exec({
          Cmd: [...command],
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Tty: tty ?? false,
          ...(env ? { Env: [...env] } : {}),
        }),
      id,
    );
  }

  /** Starts a command that has been created, with its streams. */
  async #attach(id: string, exec: Docker.Exec, tty: boolean): Promise<ExecStream> {
    const stream = await this.#call(
      () => exec.start({ hijack: true, stdin: true, Tty: tty, abortSignal: this.#closing }),
      id,
    );
    addAbortSignal(this.#closing, stream);
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exit = new Promise<number>((resolve, reject) => {
      const ended = () => {
        stdout.end();
        stderr.end();
        this.#call(() => exitCode(exec), id).then(resolve, reject);
      };
      stream.once('end', ended);
      stream.once('close', ended);
      stream.once('error', ended);
    });
    exit.catch(() => undefined); // reported to the code that awaits it
    if (tty) stream.pipe(stdout);
    else this.#docker.modem.demuxStream(stream, stdout, stderr);
    return {
      stdin: stream,
      stdout,
      stderr,
      exit,
      resize: async (rows, columns) => {
        await this.#call(() => exec.resize({ h: rows, w: columns }), id);
      },
    };
  }

  /** Does what `#call` does; returns undefined if the object is gone. */
  async #unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#call(work).catch((error: unknown) => {
      if (isStatus(error, 404)) return undefined;
      throw error;
    });
  }
}

async function exitCode(exec: Docker.Exec): Promise<number> {
  // The streams end a moment before the engine records the exit.
  for (const deadline = Date.now() + 10_000; ; ) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    if (Date.now() > deadline) throw new Failure('no-exit-code', {});
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
