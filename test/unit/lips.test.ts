import { describe, expect, it } from 'vitest';
import { setupCommands } from '../../src/drivers/dpvs/commands.ts';
import { dpvs } from '../../src/drivers/dpvs/driver.ts';
import { ipvs } from '../../src/drivers/ipvs/driver.ts';
import { KEEPALIVED_CONF } from '../../src/drivers/keepalived-conf.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { promisesOf } from '../../src/scenario/run.ts';
import { mistakesOf, NO_FILES } from './lab.ts';

const FNAT = 'port: 80, mode: fnat, health: { tcp: 3s, every: 3s }';

/** A pair of directors, each with LIPs on two segments, before these services. */
function text(services: string, driver = 'dpvs'): string {
  return `lab: x
driver: ${driver}
segments: { wan: [10.0.0.0/16, "2001::/64"], lan: 192.168.100.0/24, dmz: 192.168.200.0/24, far: 172.16.0.0/24 }
nodes:
  c: { kind: client, wan: [10.0.0.48, "2001::48"] }
  lb1: { kind: director, wan: [10.0.0.1, "2001::1"], lan: 192.168.100.1, dmz: 192.168.200.1, lips: [192.168.100.201, 192.168.100.202, 192.168.200.201], routes: { 172.16.0.0/24: 192.168.200.9 } }
  lb2: { kind: director, wan: [10.0.0.2, "2001::3"], lan: 192.168.100.10, dmz: 192.168.200.10, lips: [192.168.100.203, 192.168.100.204, 192.168.200.203], routes: { 172.16.0.0/24: 192.168.200.9 } }
  sw: { kind: switch, dmz: 192.168.200.9, far: 172.16.0.9 }
  rs1: { kind: realserver, lan: 192.168.100.11 }
  rs2: { kind: realserver, lan: 192.168.100.12 }
  rs3: { kind: realserver, dmz: 192.168.200.13 }
  rs4: { kind: realserver, far: 172.16.0.14 }
services:
${services}
vrrp: { V: { on: wan, id: 1, priorities: { lb1: 9, lb2: 8 }, addresses: [NAMES] } }
`.replace('NAMES', [...services.matchAll(/^ {2}(\w+):/gm)].map((m) => m[1]).join(', '));
}

function written(services: string, driver?: string): Lab {
  const source = readSource('lab.yaml', Buffer.from(text(services, driver)));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(lab.error.map(formatDiagnostic).join('\n'));
  return lab.value;
}

/** The groups of LIPs of a director's keepalived.conf, and which group each service names. */
function groupsOf(lab: Lab, node: string): string {
  const conf = String(dpvs.director(lab, nodeOf(lab, node)).files[KEEPALIVED_CONF]);
  const groups = conf.match(/^local_address_group [^}]*}\n/gm)?.join('') ?? '';
  const named = [...conf.matchAll(/^virtual_server group (\S+) {[^}]*?laddr_group_name (\S+)/gm)];
  return `${groups}${named.map(([, service, group]) => `${service} ${group}\n`).join('')}`;
}

const told = (services: string, driver?: string) => mistakesOf(text(services, driver)).join('\n');

describe('a service that names LIPs of its own', () => {
  const lab = written(`  web: { vip: 10.0.0.100, ${FNAT}, reals: { rs1: 1 }, lips: [192.168.100.201, 192.168.100.203] }
  app: { vip: 10.0.0.101, ${FNAT}, reals: { rs1: 1 }, lips: [192.168.100.202, 192.168.100.204] }
  dmz: { vip: 10.0.0.102, ${FNAT}, reals: { rs3: 1 } }`);

  it('has a group of its own in DPVS’s keepalived.conf, of the director’s own LIPs', () => {
    expect(groupsOf(lab, 'lb1')).toBe(`local_address_group laddr_g1 {
    192.168.100.201 dpdk1
}
local_address_group laddr_g2 {
    192.168.100.202 dpdk1
}
local_address_group laddr_g3 {
    192.168.200.201 dpdk2
}
10.0.0.100-80 laddr_g1
10.0.0.101-80 laddr_g2
10.0.0.102-80 laddr_g3
`);
    expect(groupsOf(lab, 'lb2')).toContain('laddr_g2 {\n    192.168.100.204 dpdk1\n}\n');
  });

  it('is promised to use these only, on the wire and where real servers ask for them', () => {
    const promised = lab.scenario.flatMap((step) => promisesOf(lab, step)).filter((p) => p.subject === 'web');
    expect(promised.find((p) => p.id === 'fnat.lip')?.promised).toMatch(
      /: 192\.168\.100\.201 on lb1, 192\.168\.100\.203 on lb2$/,
    );
    expect(promised.map((p) => p.promised)).toContainEqual(
      expect.stringMatching(/come from a LIP of the service, 192\.168\.100\.201 or 192\.168\.100\.203,/),
    );
  });

  it('has them with ipvsadm, too, and with kernel LVS if its real servers’ ports are its own', () => {
    const services = (more: string) =>
      `  web: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs1: 1 }, lips: [192.168.100.201, 192.168.100.203] }
  app: { vip: 10.0.0.100, port: 81, mode: fnat, reals: { rs1: ${more} }, lips: [192.168.100.202, 192.168.100.204] }
  dmz: { vip: 10.0.0.102, port: 80, mode: fnat, reals: { rs3: 1 } }`;
    const one = text(services('1'))
      .replace(/ {2}lb2: .*\n/, '')
      .replace(/vrrp: .*\n/, '')
      .replaceAll(/, 192\.168\.100\.20[34]\]/g, ']');
    const source = readSource('lab.yaml', Buffer.from(one));
    const alone = source.ok ? checkLab(source.value, NO_FILES) : source;
    if (!alone.ok) throw new Error(alone.error.map(formatDiagnostic).join('\n'));
    const commands = setupCommands(alone.value, nodeOf(alone.value, 'lb1')).map((c) => c.join(' '));
    expect(commands.filter((c) => c.includes('--add-laddr'))).toEqual([
      'ipvsadm --add-laddr -z 192.168.100.201 -t 10.0.0.100:80 -F dpdk1',
      'ipvsadm --add-laddr -z 192.168.100.202 -t 10.0.0.100:81 -F dpdk1',
      'ipvsadm --add-laddr -z 192.168.200.201 -t 10.0.0.102:80 -F dpdk2',
    ]);
    const kernel = written(services('1'), 'ipvs');
    const tc = ipvs.director(kernel, nodeOf(kernel, 'lb1')).tc.filter((line) => line.includes('commit nat'));
    expect(tc.map((line) => /dst_port (\d+).* addr (\S+)/.exec(line)?.slice(1))).toEqual([
      ['80', '192.168.100.201'],
      ['81', '192.168.100.202'],
      ['80', '192.168.200.201'],
    ]);
    expect(told(services('{ weight: 1, port: 80 }'), 'ipvs')).toMatch(
      /service "app" sends to rs1 port 80 too, from 192\.168\.100\.202, 192\.168\.100\.204; the director cannot tell which LIP/,
    );
  });
});

describe('a service that names no LIPs', () => {
  it('shares one group with every service of the same segment, and has another one on another segment', () =>
    expect(
      groupsOf(
        written(`  web: { vip: 10.0.0.100, ${FNAT}, reals: { rs1: 1 } }
  app: { vip: 10.0.0.101, ${FNAT}, reals: { rs2: 1 } }
  dmz: { vip: 10.0.0.102, ${FNAT}, reals: { rs3: 1 } }
  far: { vip: 10.0.0.103, ${FNAT}, reals: { rs4: 1 } }
  mix: { vip: 10.0.0.104, ${FNAT}, reals: { rs1: 1, rs3: 1 } }`),
        'lb1',
      ),
    ).toBe(`local_address_group laddr_g1 {
    192.168.100.201 dpdk1
    192.168.100.202 dpdk1
}
local_address_group laddr_g2 {
    192.168.200.201 dpdk2
}
local_address_group laddr_g3 {
    192.168.100.201 dpdk1
    192.168.100.202 dpdk1
    192.168.200.201 dpdk2
}
10.0.0.100-80 laddr_g1
10.0.0.101-80 laddr_g1
10.0.0.102-80 laddr_g2
10.0.0.103-80 laddr_g2
10.0.0.104-80 laddr_g3
`));
});

describe('LIPs that a service cannot have', () => {
  const web = (lips: string, more = `${FNAT}, reals: { rs1: 1 }`) =>
    told(`  web: { vip: 10.0.0.100, ${more}, lips: ${lips} }\n  all: { vip: 10.0.0.101, ${FNAT}, reals: { rs1: 1 } }`);
  it.each<[string, string, RegExp]>([
    [
      'that nobody has',
      '[192.168.100.99]',
      /192\.168\.100\.99 is no LIP of a director; the LIPs are 192\.168\.100\.201,/,
    ],
    ['of another family', '["2001::200"]', /2001::200 is not of the family of the real servers, IPv4/],
    ['of one director only', '[192.168.100.201]', /director "lb2" has none of these LIPs; each director uses its own/],
    ['none', '[]', /expected at least one LIP/],
    ['no address', '[lb1]', /expected an address such as/],
  ])('are some %s', (_what, lips, words) => expect(web(lips)).toMatch(words));
  it('are any in a mode without LIPs', () =>
    expect(web('[192.168.100.201]', 'port: 80, mode: dr, reals: { rs1: 1 }')).toMatch(
      /dr uses no LIP; only fnat does/,
    ));
  it('are told when no service is left that uses them', () =>
    expect(
      told(`  web: { vip: 10.0.0.100, ${FNAT}, reals: { rs1: 1 }, lips: [192.168.100.201, 192.168.100.203] }`),
    ).toMatch(/every service has other LIPs of its own: the LIP 192\.168\.100\.202 is never used/));
});
