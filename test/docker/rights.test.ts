import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerName } from '../../src/engine/labels.ts';
import { labOk } from '../lab.ts';
import { docker, execIn, leavesNothing } from './state.ts';

const LABS = ['fnat-ospf', 'nat-mysql', 'tun-docker'];
leavesNothing('rights', (lab) => LABS.map((l) => `rights-${l}`).includes(lab));
beforeAll(async () => {
  for (const lab of LABS) await labOk(['up', lab, '--name', `rights-${lab}`]);
}, 240_000);
afterAll(async () => {
  await labOk(['down', ...LABS.map((l) => `rights-${l}`)]);
});

const WIRES = ['NET_ADMIN', 'NET_RAW'];
const SERVER = ['CHOWN', ...WIRES, 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];
const SCRIPT = ['DAC_OVERRIDE', 'FOWNER', 'KILL'];

/** A container of each kind, and every capability that it may have. */
const ALLOWED: readonly (readonly [what: string, lab: string, node: string | undefined, capabilities: string[]])[] = [
  ['the fabric', 'fnat-ospf', undefined, WIRES],
  ['a client', 'fnat-ospf', 'client', WIRES],
  ['a switch with FRR', 'fnat-ospf', 'switch', WIRES],
  ['a director with FRR and a kernel of its own', 'fnat-ospf', 'lb1', WIRES],
  ['a real server with nginx', 'fnat-ospf', 'rs1', SERVER],
  ['a director with keepalived and a kernel of its own', 'nat-mysql', 'director1', WIRES],
  ['a real server with MariaDB', 'nat-mysql', 'rs2', SERVER],
  ['a host with a script', 'tun-docker', 'box', [...SERVER, ...SCRIPT]],
  [
    'a real server with a script and a kernel of its own',
    'tun-docker',
    'docker1',
    ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', ...WIRES],
  ],
];

/** Capabilities by their bits (linux/capability.h), as far as the list goes; what is beyond is told by its number. */
const BITS = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...['LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW'],
];

function capabilities(mask: string): string[] {
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, i) => i)
    .filter((i) => (bits >> BigInt(i)) & 1n)
    .map((i) => BITS[i] ?? String(i))
    .sort();
}

describe('what a container was really given', () => {
  it.each(ALLOWED)('%s has these rights, and no others', async (_what, lab, node, allowed) => {
    const name = containerName(`rights-${lab}`, node);
    const { HostConfig: given, Mounts } = await docker.getContainer(name).inspect();
    const status = (await execIn(name, ['cat', '/proc/1/status', '/proc/self/status'])).stdout;
    const all = (field: string) =>
      [...status.matchAll(new RegExp(`^${field}:\\s+(\\S+)$`, 'gm'))].map((m) => m[1] ?? '');
    // Of the first process, and of whatever is run in it by hand.
    for (const set of ['CapBnd', 'CapPrm', 'CapEff'])
      for (const mask of all(set)) expect([set, capabilities(mask)]).toEqual([set, [...allowed].sort()]);
    expect(all('CapAmb').concat(all('CapInh')).flatMap(capabilities)).toEqual([]);
    expect([all('NoNewPrivs'), all('Seccomp')]).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
    expect(given).toMatchObject({ Privileged: false, NetworkMode: 'none', PidMode: '', UsernsMode: '', Binds: null });
    expect(['', 'private']).toContain(given.IpcMode);
    expect(given.SecurityOpt).toEqual(['no-new-privileges']);
    expect(given.PidsLimit).toBeGreaterThan(0);
    expect(given.PidsLimit).toBeLessThanOrEqual(1024);
    expect([given.Memory, given.MemorySwap]).toEqual(Array(2).fill((node === undefined ? 1024 : 512) * 1024 * 1024));
    // The fabric's socket, which a node cannot write beside, and nothing else of the machine.
    expect(Mounts.map((m) => [m.Type, m.Destination, m.RW])).toEqual([['volume', '/wire', node === undefined]]);
    expect(
      (given.Devices ?? [])
        .map((d: { PathOnHost: string }) => d.PathOnHost)
        .filter((d: string) => d !== '/dev/net/tun'),
    ).toEqual([]);
  });
});
