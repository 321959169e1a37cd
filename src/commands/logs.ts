import { createInterface } from 'node:readline';
import type { Engine } from '../engine/engine.ts';
import { isTerminal, print, printRaw } from '../output/print.ts';
import { mustHaveNode, mustRun } from '../plan/observe.ts';
import { withSession } from './session.ts';

export interface LogsOptions {
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  readonly tail?: number;
  readonly raw?: boolean;
}

/**
 * `lab logs`: prints the output of a node, or of every node, and its programs; from inside the guest if there is one.
 */
export async function logs(name: string, node: string | undefined, options: LogsOptions): Promise<number> {
  await withSession({ quiet: true }, async ({ engine, signal }) => {
    const running = await mustRun(engine, name);
    const nodes = node === undefined ? running.lab.nodes.map((n) => n.name) : [node];
    const width = Math.max(...nodes.map((n) => n.length));
    await Promise.all(
      nodes.map(async (n) => {
        const container = await mustHaveNode(running, n);
        const prefix = node === undefined ? `${n.padEnd(width)} | ` : '';
        await show(engine, container.id, prefix, options, signal);
      }),
    );
  });
  return 0;
}

async function show(
  engine: Engine,
  id: string,
  prefix: string,
  options: LogsOptions,
  signal: AbortSignal,
): Promise<void> {
  const stream = await engine.logs(id, {
    follow: options.follow ?? false,
    timestamps: options.timestamps ?? false,
    signal,
    ...(options.tail === undefined ? {} : { tail: options.tail }),
  });
  const tell = options.raw || !isTerminal('stdout') ? printRaw : print;
  // A console ends its lines with a carriage return as well.
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    tell(`${prefix}${line}\n`);
}
