import { deepEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { docker } from './state.ts';

/** What the tests may not change: containers, volumes, links, and the host's network sysctls. */
async function hostState(): Promise<object> {
  const containers = (await docker.listContainers({ all: true })).map((c) => c.Names[0]).sort();
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const links = run('ip', ['-o', 'link', 'show'])
    .split('\n')
    .map((l) => l.replace(/^\d+: ([^:@]+).*/, '$1'));
  const sysctls = run('sysctl', ['-a', '--pattern', '^net\\.(ipv4|ipv6)\\.(ip_forward|conf|vs)']);
  const volumes = (await docker.listVolumes()).Volumes.map((v) => v.Name).sort();
  return { containers, volumes, links, sysctls };
}

/** Runs before all tests that use the engine; what it returns runs after them, and throws if they changed the machine. */
export default async function keepsHost(): Promise<() => Promise<void>> {
  const before = await hostState();
  return async () => deepEqual(await hostState(), before, 'the tests left something, or removed something');
}
