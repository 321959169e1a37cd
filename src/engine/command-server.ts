import { PassThrough, type Readable } from 'node:stream';
import type { ExecStream } from './engine.ts';

/** A command, with its output; its stdin is open until it is released. */
export interface Command {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit code, after the streams have ended. */
  readonly exit: Promise<number>;
  /** Closes its stdin: a tethered command ends then. */
  release(): void;
}

interface Running {
  readonly words: readonly string[];
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly end: (code: number | Promise<number>) => void;
}

/** Types of frames, see images/node/src/frames.h. */
const FRAME = { run: 0x52, stdin: 0x49, stdout: 0x4f, stderr: 0x45, exit: 0x58, hello: 0x48 } as const;
/** Bytes before a payload: the type, and the payload's length; bytes of the command's number, with which it begins. */
const HEAD = 5;
const NUMBER = 4;
/** Maximum length of a payload. */
const MOST = 65_536;
/** Milliseconds without a command after which a server ends. */
const IDLE_MS = 20_000;
/** The exit code of a command whose server was killed before it could report. */
const KILLED = 137;

/** Returns a frame. */
function frame(type: number, number: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD + NUMBER);
  head.writeUInt8(type, 0);
  head.writeUInt32BE(NUMBER + payload.length, 1);
  head.writeUInt32BE(number, HEAD);
  return Buffer.concat([head, payload]);
}

/** Returns the payload of a request: without a terminal (type and size are 0), in folder /, and without TERM. */
function request(command: readonly string[]): Buffer {
  return Buffer.concat([Buffer.alloc(6), Buffer.from(['/', '', ...command].map((word) => `${word}\0`).join(''))]);
}

/** Returns whether a server can run a command: its words must fit into a frame. */
export function fits(command: readonly string[]): boolean {
  return NUMBER + request(command).length <= MOST && !command.some((word) => word.includes('\0'));
}

/**
 * `nodectl serve` in a container (images/node/src/serve.c): many commands through one command of the engine, because
 * the engine takes a tenth of a second of a processor to start one.
 */
export class CommandServer {
  readonly #stream: ExecStream;
  readonly #running = new Map<number, Running>();
  #idle: NodeJS.Timeout | undefined;
  #last = 0;
  #closed = false;
  /** Whether it takes commands: false if the container's image is of a version that has no such server. */
  readonly ready: Promise<boolean>;

  constructor(stream: ExecStream) {
    this.#stream = stream;
    stream.stdin.on('error', () => undefined); // its end is what counts
    this.#rest();
    this.ready = new Promise((resolve) => {
      let from = Buffer.alloc(0);
      stream.stdout.on('data', (chunk: Buffer) => {
        from = Buffer.concat([from, chunk]);
        while (from.length >= HEAD + NUMBER) {
          const length = from.readUInt32BE(1);
          if (length < NUMBER || length > MOST) return this.#close(); // not what the server sends
          if (from.length < HEAD + length) return;
          if (from[0] === FRAME.hello) resolve(true);
          this.#take(from[0], from.readUInt32BE(HEAD), from.subarray(HEAD + NUMBER, HEAD + length));
          from = from.subarray(HEAD + length);
        }
      });
      stream.stderr.resume();
      const over = () => {
        resolve(false);
        this.#over();
      };
      stream.exit.then(over, over);
    });
  }

  /** False after its end, and when it will take no more commands. */
  get open(): boolean {
    return !this.#closed;
  }

  /** The commands that run. */
  get commands(): readonly (readonly string[])[] {
    return [...this.#running.values()].map((r) => r.words);
  }

  run(words: readonly string[]): Command {
    const number = ++this.#last;
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exit = new Promise<number>((resolve) => {
      this.#running.set(number, { words, stdout, stderr, end: resolve });
    });
    exit.catch(() => undefined); // reported to the code that awaits it
    clearTimeout(this.#idle);
    this.#stream.stdin.write(frame(FRAME.run, number, request(words)));
    const release = () => {
      if (this.#running.has(number)) this.#stream.stdin.write(frame(FRAME.stdin, number, Buffer.alloc(0)));
    };
    return { stdout, stderr, exit, release };
  }

  #take(type: number | undefined, number: number, payload: Buffer): void {
    const running = this.#running.get(number);
    if (!running) return;
    if (type === FRAME.stdout) running.stdout.write(payload);
    else if (type === FRAME.stderr) running.stderr.write(payload);
    else if (type === FRAME.exit) this.#end(number, running, payload[0] ?? KILLED);
  }

  #end(number: number, running: Running, code: number | Promise<number>): void {
    this.#running.delete(number);
    running.stdout.end();
    running.stderr.end();
    running.end(code);
    if (this.#running.size === 0 && !this.#closed) this.#rest();
  }

  /** It ends by itself unless it is asked for another command. */
  #rest(): void {
    this.#idle = setTimeout(() => this.#close(), IDLE_MS).unref();
  }

  /** Takes no more commands, and ends those that run. */
  #close(): void {
    this.#closed = true;
    this.#stream.stdin.end();
  }

  /** The server has ended: so have its commands, as it did. */
  #over(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    const code = this.#stream.exit.then((given) => given || KILLED);
    code.catch(() => undefined); // reported to those who await a command
    for (const [number, running] of this.#running) this.#end(number, running, code);
  }
}
