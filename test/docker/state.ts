import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect } from 'vitest';
import { LABEL } from '../../src/engine/labels.ts';
import { labOk } from '../lab.ts';

export const docker = new Docker();

/** Names of the containers of a lab, or of all labs. */
export async function containersOf(lab?: string): Promise<string[]> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: [lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`] },
  });
  return all.map((c) => c.Names[0] ?? '').sort();
}

interface HostState {
  readonly containers: readonly string[];
  readonly links: readonly string[];
  readonly sysctls: string;
}

/** What the tests may not change: containers, links, and the host's network sysctls. */
async function hostState(): Promise<HostState> {
  const containers = (await docker.listContainers({ all: true })).map((c) => c.Names[0] ?? '').sort();
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const links = run('ip', ['-o', 'link', 'show'])
    .split('\n')
    .map((l) => l.replace(/^\d+: ([^:@]+).*/, '$1'));
  const sysctls = run('sysctl', ['-a', '--pattern', '^net\\.(ipv4|ipv6)\\.(ip_forward|conf|vs)']);
  return { containers, links, sysctls };
}

/**
 * A folder for the tests of a file, and the proof that they leave nothing: afterwards the folder is removed, no container is
 * there that was not there before, and links and sysctls are the same.
 * Labs by these names are taken down first: a run that was broken off (a closed terminal, a machine switched off) left them.
 */
export function leavesNothing(name: string, labs?: RegExp): string {
  const folder = mkdtempSync(join(tmpdir(), `lvslab-${name}-`));
  let before: HostState;
  beforeAll(async () => {
    const there = await docker.listContainers({ all: true, filters: { label: [LABEL.lab] } });
    const left = [...new Set(there.map((c) => c.Labels[LABEL.lab] ?? ''))].filter((lab) => labs?.test(lab));
    if (left.length > 0) await labOk(['down', ...left]);
    before = await hostState();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    const after = await hostState();
    expect(after.containers.filter((c) => !before.containers.includes(c))).toEqual([]);
    expect({ ...after, containers: [] }).toEqual({ ...before, containers: [] });
  });
  return folder;
}
