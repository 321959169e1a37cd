import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAMS } from '../../src/drivers/dpvs/build.ts';
import { setupCommands } from '../../src/drivers/dpvs/commands.ts';
import { dpvsConf } from '../../src/drivers/dpvs/conf.ts';
import { dpvs } from '../../src/drivers/dpvs/driver.ts';
import type { ContainerNeeds, Engine } from '../../src/engine/engine.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { CannotRun, chooseKernels } from '../../src/plan/choose-kernels.ts';
import { mistakesOf } from './lab.ts';

function labOf(name: string): Lab {
  const lab = readLab(`labs/${name}/lab.yaml`, { driver: 'dpvs' });
  if (!lab.ok) throw new Error('the lab file is wrong');
  return lab.value;
}

/** A director with these keys, and what else the lab has. */
function told(lb: string, more = '', driver = 'dpvs'): string {
  return mistakesOf(`lab: x
driver: ${driver}
segments: { lan: [10.0.0.0/24, "fd00::/64"], wan: 10.9.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb: { kind: director, ${lb} }
  rs: { kind: realserver, lan: 10.0.0.2 }
${more}`).join('\n');
}

describe('a director with KNI addresses', () => {
  const lab = labOf('kni');
  const lb = nodeOf(lab, 'lb');

  it('has KNI on, and a device of the kernel for each card', () => {
    expect(dpvsConf(lab, lb)).toContain('    kni on\n');
    expect(dpvsConf(lab, lb)).toContain('        promisc_mode\n        kni_name dpdk0.kni\n    }\n');
    const without = labOf('fnat-simple');
    expect(dpvsConf(without, nodeOf(without, 'lb'))).not.toContain('kni_name');
  });

  it('sets them up as the tutorial does: addresses of the kernel, and routes that give it their packets', () =>
    expect(setupCommands(lab, lb).map((words) => words.join(' '))).toEqual([
      'dpip addr add 192.168.100.1/24 dev dpdk0',
      'dpip addr add 192.168.100.254/32 dev dpdk0',
      'ip addr replace 192.168.100.28/24 dev dpdk0.kni',
      'ip link set dpdk0.kni up',
      'dpip route add 192.168.100.28/32 dev dpdk0 scope kni_host',
      'ipvsadm -A -t 192.168.100.254:80 -s rr',
      'ipvsadm -a -t 192.168.100.254:80 -r 192.168.100.2:80 -b -w 1',
      'ipvsadm -a -t 192.168.100.254:80 -r 192.168.100.3:80 -b -w 1',
      'ipvsadm --add-laddr -z 192.168.100.200 -t 192.168.100.254:80 -F dpdk0',
    ]));

  it('gives the kernel the routes by their gateways, too', () => {
    const routed = { ...lb, routes: [{ to: 'default', via: '192.168.100.99' }] };
    expect(setupCommands(lab, routed).map((words) => words.join(' '))).toContain(
      'ip route replace default via 192.168.100.99 dev dpdk0.kni',
    );
  });
});

describe('KNI addresses that cannot be', () => {
  it.each<[string, string, string, RegExp]>([
    ['of kernel LVS', 'lan: 10.0.0.1, kni: [10.0.0.20]', 'ipvs', /cards of kernel LVS are the kernel’s own/],
    ['of no card', 'lan: 10.0.0.1, kni: [10.7.0.20]', 'dpvs', /10\.7\.0\.20 is on the subnet of no card of "lb"/],
    ['of IPv6', 'lan: [10.0.0.1, "fd00::1"], kni: ["fd00::20"]', 'dpvs', /KNI addresses are IPv4 here/],
    ['the director’s own', 'lan: 10.0.0.1, kni: [10.0.0.1]', 'dpvs', /10\.0\.0\.1 is taken already/],
    ['none', 'lan: 10.0.0.1, kni: []', 'dpvs', /expected at least one address/],
  ])('are some %s', (_what, node, driver, words) => expect(told(node, '', driver)).toMatch(words));
  it('are those beside keepalived', () =>
    expect(
      told(
        'lan: 10.0.0.1, lips: [10.0.0.200], kni: [10.0.0.20]',
        'services: { web: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs: 1 }, health: { tcp: 1s, every: 1s } } }',
      ),
    ).toMatch(/beside keepalived or OSPF the kernel has the cards’ own addresses/));
  it('are those of another node', () =>
    expect(
      mistakesOf(
        'lab: x\nsegments: { lan: 10.0.0.0/24 }\nnodes: { c: { kind: client, lan: 10.0.0.9, kni: [10.0.0.20] } }\n',
      ).join(),
    ).toMatch(/only a director has KNI devices; "c" is a client/));
});

describe('a lab with KNI', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-kni-'));
  const before = { LAB_DPVS: process.env['LAB_DPVS'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] };
  beforeAll(() => {
    process.env['LAB_DPVS'] = join(folder, 'bin');
    process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
    mkdirSync(join(folder, 'bin'));
    for (const program of PROGRAMS) writeFileSync(join(folder, 'bin', program), program);
  });
  afterAll(() => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    rmSync(folder, { recursive: true });
  });

  /** An engine on which DPVS starts, and which has these devices. */
  function engineWith(devices: readonly string[]): { engine: Engine; tried: string[] } {
    const tried: string[] = [];
    const engine = {
      info: async () => ({ id: 'none', kernel: '1.0', version: '1', apiVersion: '1', address: 'nowhere' }),
      runOnce: async (_image: string, command: readonly string[], needs: ContainerNeeds) => {
        const lacking = needs.devices.find((device) => !devices.includes(device));
        if (lacking !== undefined)
          throw new Error(
            `the container engine refuses this: error gathering device information while adding custom device "${lacking}": no such file or directory`,
          );
        tried.push(command.join(' '));
        return { code: 0, stdout: '1.0\nDPVS 1.10.2', stderr: '' };
      },
    };
    return { engine: engine as unknown as Engine, tried };
  }

  it('cannot run where the engine’s machine has no vhost-net: the device is named', async () => {
    const chosen = chooseKernels(engineWith(['/dev/net/tun']).engine, labOf('kni'));
    await expect(chosen).rejects.toThrow(CannotRun);
    await expect(chosen).rejects.toThrow(
      'node "lb" has `kni`, which does not work on this engine: the engine’s machine has no /dev/vhost-net',
    );
  });
  it('can where it has both devices, after a trial with KNI', async () => {
    const { engine, tried } = engineWith(['/dev/vhost-net', '/dev/net/tun']);
    expect((await chooseKernels(engine, labOf('kni'))).get('lb')).toBe('host');
    expect(tried.some((command) => command.includes('try-kni'))).toBe(true);
    expect(dpvs.extra(nodeOf(labOf('kni'), 'lb'))?.devices).toEqual(['/dev/vhost-net', '/dev/net/tun']);
  });
  it('is the only one that needs them', async () => {
    expect((await chooseKernels(engineWith([]).engine, labOf('fnat-two-arm'))).get('lb')).toBe('host');
  });
});
