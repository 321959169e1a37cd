import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../src/eventually.ts';

/** Debian's registry, from its package docker-registry. */
const PROGRAM = '/usr/bin/docker-registry';

/** Why no registry can be started here; undefined if one can. */
export const noRegistry = existsSync(PROGRAM) ? undefined : 'the package docker-registry is not installed';

/** Returns a port of this machine that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a registry on a free port of the loopback, with its files below a folder. */
export async function startRegistry(folder: string): Promise<{ readonly name: string; stop(): Promise<void> }> {
  const port = await freePort();
  const files = join(folder, 'registry');
  mkdirSync(files);
  const conf = join(folder, 'registry.yml');
  const settings = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: files } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(conf, JSON.stringify(settings));
  const child: ChildProcess = spawn(PROGRAM, ['serve', conf], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = await eventually(
    async () => ((await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined))?.ok ? true : undefined),
    { within: 30_000, every: 50 },
  );
  if (!answers) {
    child.kill();
    throw new Error(`no registry answers at 127.0.0.1:${port}`);
  }
  return {
    name: `127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
