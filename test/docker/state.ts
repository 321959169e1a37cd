import { execFileSync } from 'node:child_process';
import Docker from 'dockerode';
import { LABEL } from '../../src/engine/labels.ts';

export const docker = new Docker();

/** Names of the containers of a lab, or of all labs. */
export async function containersOf(lab?: string): Promise<string[]> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: [lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`] },
  });
  return all.map((c) => c.Names[0] ?? '').sort();
}

/** What must be the same before and after: containers, links, addresses; the host's network sysctls. */
export async function hostState(): Promise<object> {
  const containers = (await docker.listContainers({ all: true })).map((c) => c.Names[0]).sort();
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const links = run('ip', ['-o', 'link', 'show'])
    .split('\n')
    .map((l) => l.replace(/^\d+: ([^:@]+).*/, '$1'));
  const sysctls = run('sysctl', ['-a', '--pattern', '^net\\.(ipv4|ipv6)\\.(ip_forward|conf|vs)']);
  return { containers, links, sysctls };
}
