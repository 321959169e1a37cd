import { describe, expect, it } from 'vitest';
import { setupCommands } from '../../src/drivers/dpvs/commands.ts';
import { dpvs } from '../../src/drivers/dpvs/driver.ts';
import { ipvs } from '../../src/drivers/ipvs/driver.ts';
import { parseTable } from '../../src/drivers/ipvsadm.ts';
import { KEEPALIVED_CONF } from '../../src/drivers/keepalived-conf.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { readLab } from '../../src/lab/read.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { promisesOf } from '../../src/scenario/run.ts';
import { mistakesOf, NO_FILES } from './lab.ts';

/** A lab whose director, lb, has these SNAT rules. */
function text(rules: string, driver = 'dpvs', more = ''): string {
  return `lab: x
driver: ${driver}
segments: { lan: [192.168.100.0/24, "fd00:1::/64"], wan: [123.1.2.0/24, "fd00:2::/64"], dmz: 10.0.0.0/24 }
nodes:
  host: { kind: host, lan: [192.168.100.2, "fd00:1::2"] }
  lb: { kind: director, lan: [192.168.100.1, "fd00:1::1"], wan: [123.1.2.3, "fd00:2::3"], dmz: 10.0.0.1 }
  www: { kind: host, wan: [123.1.2.80, "fd00:2::80"], serve: [80/tcp, 80/udp] }
  app: { kind: host, dmz: 10.0.0.80, serve: [80/tcp, 80/udp] }
snat:
${rules}
${more}`;
}

function written(rules: string, driver?: string): Lab {
  const source = readSource('lab.yaml', Buffer.from(text(rules, driver)));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(lab.error.map(formatDiagnostic).join('\n'));
  return lab.value;
}

const told = (rules: string, driver?: string, more?: string) => mistakesOf(text(rules, driver, more)).join('\n');
const lbOf = (lab: Lab) => nodeOf(lab, 'lb');
const filesOf = (lab: Lab) => dpvs.director(lab, lbOf(lab)).files;
const confOf = (lab: Lab) => String(filesOf(lab)[KEEPALIVED_CONF]);
const commandsOf = (lab: Lab) =>
  setupCommands(lab, lbOf(lab))
    .map((words) => words.join(' '))
    .filter((c) => c.startsWith('ipvsadm'));

const RULE = 'from: 192.168.100.0/24, to: 123.1.2.3, out: wan';
const HEALTH = 'health: { misc: "true", every: 3s }';

describe('keepalived.conf of SNAT', () => {
  const snat = readLab('labs/snat-keepalived/lab.yaml', {});
  if (!snat.ok) throw new Error('the lab file is wrong');
  const lab = snat.value;

  it('has a match service for each protocol, in the form of the tutorial, and rules for the same packets once', () => {
    const service = (name: string, protocol: string, packets: string) => {
      const [rule, word] = name.split('-');
      const script = `/lab/scripts/snat.${rule}.${word}`;
      return `virtual_server match ${name} {
    delay_loop 3
    protocol ${protocol}
    lb_algo rr
    lb_kind SNAT
    src-range 192.168.100.1-192.168.100.254
${packets}    oif dpdk0
    alpha
    omega
    quorum 1
    quorum_up "${script}.up.sh"
    quorum_down "${script}.down.sh"
    real_server 123.1.2.3 0 {
        weight 100
        MISC_CHECK {
            misc_path "${script}.check.sh"
            misc_timeout 10
            retry 0
            delay_before_retry 1
        }
    }
}
`;
    };
    expect(confOf(lab)).toBe(`global_defs {
    router_id lb
    script_user root
    enable_script_security
}
${service('out1-tcp', 'TCP', '')}${service('out1-udp', 'UDP', '')}${service(
  'pings-icmp',
  'ICMP',
  '    dst-range 203.0.113.1-203.0.113.254\n    iif dpdk1\n',
)}`);
  });

  it('has a file for each command, with the rule’s address and the protocol', () => {
    const scripts = Object.entries(filesOf(lab)).filter(([path]) => path.startsWith('/lab/scripts/snat.pings'));
    expect(Object.fromEntries(scripts)).toEqual({
      '/lab/scripts/snat.pings.icmp.check.sh': '#!/usr/bin/dash\ntest ! -e /run/aside\n',
      '/lab/scripts/snat.pings.icmp.up.sh':
        '#!/usr/bin/dash\ndpip addr add 123.1.2.3/24 dev dpdk0 sapool; echo up icmp >> /run/quorum\n',
      '/lab/scripts/snat.pings.icmp.down.sh':
        '#!/usr/bin/dash\ndpip addr del 123.1.2.3/24 dev dpdk0; echo down icmp >> /run/quorum\n',
    });
  });

  it('is read by keepalived, which the director starts without addresses of the kernel', () => {
    const part = dpvs.director(lab, lbOf(lab));
    expect(part.programs['keepalived']?.ready).toEqual(['/run/keepalived.pid', '/run/checkers.pid']);
    expect(dpvs.stack(lab, lbOf(lab))).toMatchObject({ addresses: false });
    expect(commandsOf(lab)).toEqual([]);
  });

  it('has the key words only where the lab file has them', () => {
    const conf = confOf(
      written(`  o: { ${RULE}, protocols: [tcp], health: { misc: "true", every: 1s, inhibit: true } }`),
    );
    expect(conf).not.toMatch(/alpha|omega|quorum|dst-range|iif/);
    expect(conf).toContain('        weight 100\n        inhibit_on_failure\n        MISC_CHECK {\n');
    expect(conf).toContain('            misc_timeout 3\n            retry 1\n            delay_before_retry 1\n');
  });
});

describe('an SNAT rule of DPVS', () => {
  it('without a health check is a command, also for one way in and one network', () => {
    expect(commandsOf(written(`  o: { ${RULE}, protocols: [udp], in: lan, destination: 123.1.2.0/24 }`))).toEqual([
      'ipvsadm -A -s rr -H proto=udp,src-range=192.168.100.1-192.168.100.254,dst-range=123.1.2.1-123.1.2.254,iif=dpdk0,oif=dpdk1',
      'ipvsadm -a -H proto=udp,src-range=192.168.100.1-192.168.100.254,dst-range=123.1.2.1-123.1.2.254,iif=dpdk0,oif=dpdk1 -r 123.1.2.3:0 -w 100 -J',
    ]);
  });
  it('of IPv6 has its own ICMP and an address with brackets', () => {
    const lab = written('  o: { from: "fd00:1::/64", to: "fd00:2::3", out: wan, protocols: [icmp] }');
    expect(commandsOf(lab)).toEqual([
      'ipvsadm -A -s rr -H proto=icmpv6,src-range=fd00:1::1-fd00:1::ffff:ffff:ffff:fffe,oif=dpdk1',
      'ipvsadm -a -H proto=icmpv6,src-range=fd00:1::1-fd00:1::ffff:ffff:ffff:fffe,oif=dpdk1 -r [fd00:2::3]:0 -w 100 -J',
    ]);
  });
  it('is in the table as ipvsadm prints it', () => {
    const lab = written(`  o: { ${RULE}, protocols: [icmp, tcp], in: lan, destination: 10.0.0.0/24, outside: app }`);
    const [rule] = lab.snat;
    const { services } = parseTable(`IP Virtual Server version 1.10.2 (size=0)
MATCH icmp,from=192.168.100.1-192.168.100.254:0-0,to=10.0.0.1-10.0.0.254:0-0,iif=dpdk0,oif=dpdk1 rr
  -> 123.1.2.3:0                  SNAT    100    0          2
MATCH tcp,from=192.168.100.1-192.168.100.254:0-0,to=10.0.0.1-10.0.0.254:0-0,iif=dpdk0,oif=dpdk1 rr
  -> 123.1.2.3:0                  SNAT    100    0          0
`);
    expect(rule && dpvs.showsSnat(lbOf(lab), rule)).toEqual(
      services.map(({ address, scheduler, reals }) => ({
        address,
        scheduler,
        reals: reals.map((r) => ({ address: r.address, port: r.port, forward: r.forward, weight: r.weight })),
      })),
    );
  });
  it('is judged by the table of its director, beside traffic; kernel LVS has no such table', () => {
    const ids = (lab: Lab) => lab.scenario.flatMap((step) => promisesOf(lab, step)).map((p) => p.id);
    expect(ids(written(`  o: { ${RULE} }`))).toEqual(expect.arrayContaining(['table.snat', 'table.services']));
    expect(ids(written(`  o: { ${RULE} }`, 'ipvs')).filter((id) => id.startsWith('table'))).toEqual([]);
  });
  it('is in traffic control with kernel LVS, also for one way in and one network', () => {
    const lab = written(`  o: { ${RULE}, protocols: [tcp], in: lan, destination: 123.1.2.0/24 }`, 'ipvs');
    const { tc } = ipvs.director(lab, lbOf(lab));
    expect(tc).toContain(
      'filter add dev eth1 egress prio 3 protocol ip flower indev eth0 src_ip 192.168.100.0/24 dst_ip 123.1.2.0/24 ip_proto tcp ct_state -trk action ct commit nat src addr 123.1.2.3 pipe action ok',
    );
    expect(tc).toContain(
      'filter add dev eth1 ingress prio 3 protocol ip flower dst_ip 123.1.2.3 src_ip 123.1.2.0/24 ip_proto tcp ct_state -trk action ct nat pipe action ok',
    );
  });
});

describe('an SNAT rule that cannot be', () => {
  it.each<[string, string, RegExp]>([
    [
      'a check by TCP',
      `  o: { ${RULE}, health: { tcp: 3s, every: 3s } }`,
      /snat\.o\.health" has no "misc".*SNAT has no port/,
    ],
    [
      'a quorum without a check',
      `  o: { ${RULE}, quorum: { weight: 1 } }`,
      /without a health check no address is ever removed/,
    ],
    [
      'alpha without a check',
      `  o: { ${RULE}, alpha: true }`,
      /without a health check no address waits for its first one/,
    ],
    [
      'omega without a command',
      `  o: { ${RULE}, ${HEALTH}, omega: true }`,
      /run the command for a lost quorum when it stops/,
    ],
    [
      'a quorum too high',
      `  o: { ${RULE}, ${HEALTH}, quorum: { weight: 101 } }`,
      /add up to 100; this quorum can never be/,
    ],
    ['a way in that is none', `  o: { ${RULE}, in: net }`, /director "lb" has no segment or device "net"/],
    ['a way in that is the way out', `  o: { ${RULE}, in: wan }`, /packets leave by "wan"/],
    ['a network with host bits', `  o: { ${RULE}, destination: 123.1.2.9/24 }`, /the network is 123\.1\.2\.0\/24/],
    [
      'a network of another family',
      `  o: { ${RULE}, destination: "fd00:2::/64", outside: www }`,
      /of different families/,
    ],
    [
      'a network in which nobody serves',
      `  o: { ${RULE}, destination: 8.8.8.0/24 }`,
      /no node outside in 8\.8\.8\.0\/24 serves/,
    ],
    [
      'an outside beyond the network',
      `  o: { ${RULE}, destination: 123.1.2.0/24, outside: app }`,
      /packets to "app" are not translated/,
    ],
    [
      'another fate for the same packets',
      `  o: { ${RULE}, ${HEALTH} }\n  p: { ${RULE} }`,
      /rule "o" is for the same packets/,
    ],
  ])('is %s', (_what, rules, words) => expect(told(rules)).toMatch(words));

  it('is none of these: the same packets with the same fate, and other packets', () => {
    expect(told(`  o: { ${RULE}, ${HEALTH} }\n  p: { ${RULE}, ${HEALTH} }`)).toBe('');
    expect(told(`  o: { ${RULE}, ${HEALTH} }\n  p: { ${RULE}, destination: 123.1.2.0/24 }`)).toBe('');
    expect(told(`  o: { ${RULE}, protocols: [tcp], ${HEALTH} }\n  p: { ${RULE}, protocols: [udp] }`)).toBe('');
  });

  it('is one with a check for kernel LVS, at the check', () =>
    expect(told(`  o: { ${RULE},\n    ${HEALTH} }`, 'ipvs')).toMatch(
      /lab\.yaml:11:5 kernel LVS has no SNAT, so keepalived has no service to check/,
    ));
});
