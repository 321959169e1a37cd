import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { dockerEngine } from '../engine/docker.ts';
import type { Engine, ExecStream } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import { mustHaveNode, mustRun } from '../plan/observe.ts';

/** Signals that are forwarded to the command. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * `lab exec`: runs a command in a node, in the kernel that has its network, with unchanged streams, signals and exit
 * code. Returns the command's exit code.
 */
export async function exec(name: string, node: string, command: readonly string[]): Promise<number> {
  const engine = dockerEngine();
  try {
    const running = await mustRun(engine, name);
    const container = await mustHaveNode(running, node);
    if (!container.running) throw new Failure('node-ended', { lab: name, node, file: running.lab.lab });
    const tty = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const argv = command[0] === '--' ? command.slice(1) : command;
    return await runIn(engine, container.id, ['nodectl', 'exec', '--', ...argv], { tty });
  } finally {
    engine.close();
  }
}

/**
 * Runs a command in a container with this process's streams and signals; its output can be redirected. Returns its exit
 * code.
 */
export async function runIn(
  engine: Engine,
  container: string,
  argv: readonly string[],
  options: { tty: boolean; to?: Writable; errorsTo?: Writable },
): Promise<number> {
  const id = randomUUID();
  const run = await engine.execStream(container, argv, {
    tty: options.tty,
    env: [`TERM=${process.env['TERM'] ?? 'xterm'}`, `LAB_EXEC=${id}`],
  });
  const undo = options.tty ? attachTerminal(run) : forwardSignals(engine, container, id);
  try {
    process.stdin.pipe(run.stdin);
    await Promise.all([
      forward(run.stdout, options.to ?? process.stdout),
      forward(run.stderr, options.errorsTo ?? process.stderr),
    ]);
    return await run.exit;
  } finally {
    undo();
    process.stdin.unpipe(run.stdin);
    process.stdin.destroy();
    run.stdin.destroy();
  }
}

/** Copies a stream to its end, with backpressure. */
async function forward(from: Readable, to: Writable): Promise<void> {
  for await (const chunk of from) {
    if (!to.write(chunk)) await new Promise((resolve) => to.once('drain', resolve));
  }
}

/** Passes keys to the command unchanged, and the size of the terminal. */
function attachTerminal(run: ExecStream): () => void {
  const resize = () => {
    run.resize(process.stdout.rows, process.stdout.columns).catch(() => undefined); // it has just ended
  };
  process.stdin.setRawMode(true);
  process.stdout.on('resize', resize);
  resize();
  return () => {
    process.stdin.setRawMode(false);
    process.stdout.off('resize', resize);
  };
}

/**
 * Forwards signals to a command. The engine has no call for this; a second command in the same container finds it by
 * its ID and sends the signal.
 */
function forwardSignals(engine: Engine, container: string, id: string): () => void {
  const send = (signal: NodeJS.Signals) => {
    const command = ['nodectl', 'signal', id, String(constants.signals[signal])];
    engine.exec(container, command).catch(() => undefined); // it has just ended
  };
  for (const s of FORWARDED) process.on(s, send);
  return () => {
    for (const s of FORWARDED) process.off(s, send);
  };
}
