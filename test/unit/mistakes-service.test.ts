import { describe, expect, it } from 'vitest';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { KEEPALIVED_CONF, keepalivedFiles } from '../../src/drivers/keepalived-conf.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { mistakesOf, NO_FILES } from './lab.ts';
import { change, LAB, told } from './mistaken.ts';

const SERVICE = 'mode: nat, reals: { rs: 1 } }';
/** The mistakes of the nat service with more in it. */
const service = (more: string) => told(SERVICE, SERVICE.replace(' }', '').replace(' }', ` }, ${more} }`));
const fine = (more: string) => mistakesOf(change(SERVICE, `mode: nat, reals: { rs: 1 }, ${more} }`).text);

function read(text: string): Lab {
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error('the lab is wrong');
  return lab.value;
}

/** A key in every place that has a time, as it stands in a lab; `T` is the time. */
const TIMES: readonly (readonly [where: string, text: string, least: string, most: string])[] = [
  ['health.tcp', 'health: { tcp: T, every: 1s }', '10ms', '60m'],
  ['health.udp', 'health: { udp: T, every: 1s }', '10ms', '60m'],
  ['health.timeout', 'health: { http: /, timeout: T, every: 1s }', '10ms', '60m'],
  ['health.every', 'health: { http: /, every: T }', '10ms', '60m'],
  ['health.pause', 'health: { http: /, every: 1s, pause: T }', '0s', '60m'],
  ['persistence', 'persistence: T', '1s', '44640m'],
  ['persistence.time', 'persistence: { time: T, mask: 24 }', '1s', '44640m'],
];
const BELOW = TIMES.flatMap(([where, text, least]) =>
  (least === '0s' ? [] : ['0s', '0.0001ms', least === '1s' ? '900ms' : '9ms']).map((time) => ({ where, text, time })),
);
const ABOVE = TIMES.flatMap(([where, text, , most]) =>
  [`${Number.parseInt(most, 10) + 1}m`, '100000000000000000000s', '1e20s', '1e20', '-1s', 'soon'].map((time) => ({
    where,
    text,
    time,
  })),
);

describe('a time', () => {
  it.each([...BELOW, ...ABOVE])('of $where is not $time', ({ text, time }) =>
    expect(service(text.replace('T', `"${time}"`))).toMatch(/expected a time such as .*, from \d+\w+ to \d+m/),
  );
  it.each(TIMES.flatMap(([where, text, ...ends]) => ends.map((time) => ({ where, text, time }))))(
    'of $where may be $time',
    ({ text, time }) => expect(fine(text.replace('T', time))).toEqual([]),
  );
  it.each([
    ['persistence: 1.5s', /in steps of 1s/],
    ['health: { tcp: 1s, timeout: 2s, every: 1s }', /tcp: 1s sets the time already/],
  ])('%s', (text, what) => expect(service(text)).toMatch(what));
});

describe('what keepalived reads', () => {
  const http = (path: string) => service(`health: { http: ${JSON.stringify(path)}, every: 1s }`);
  it.each([
    '/a b',
    '/a\nb',
    '/a"b',
    "/a'b",
    '/a{b',
    '/a}b',
    '/a#b',
    '/a!b',
    '/a\\b',
    '/\u00e9',
    '/a\tb',
    '/$x',
    'a',
    '',
  ])('is no path %j', (path) => expect(http(path)).toMatch(/expected a path such as/));
  it.each(['/a b', '/}'])('nor one of SSL_GET, %j', (path) =>
    expect(service(`health: { ssl: { path: "${path}", status: 200 }, every: 1s }`)).toMatch(/expected a path such as/),
  );
  it.each(['/', '/health?deep=1&x=%20', '/a/b-c_d.e~f:g@h(i)*j+k,l;m=n'])('is a path %s', (path) =>
    expect(fine(`health: { http: "${path}", every: 1s }`)).toEqual([]),
  );
  it.each(['a b', 'a}', 'a"', 'a\n', '', 'a..b', `${'x'.repeat(64)}.lab`, 'x.'.repeat(128)])('is no name %j', (name) =>
    expect(service(`health: { dns: { name: ${JSON.stringify(name)} }, every: 1s }`)).toMatch(/expected a name such as/),
  );
  it.each(['.', 'www.lab', 'www.lab.', '_sip._udp.lab', '9.lab'])('is a name %s', (name) =>
    expect(fine(`health: { dns: { name: "${name}" }, every: 1s }`)).toEqual([]),
  );
  it.each(['', ' ', '\n', 'a\u0000b'])('is no command %j', (command) => {
    const text = JSON.stringify(command);
    expect(service(`health: { misc: ${text}, every: 1s }`)).toMatch(/expected a command/);
    expect(service(`health: { tcp: 1s, every: 1s }, quorum: { weight: 1, up: ${text} }`)).toMatch(/expected a command/);
  });
  it('holds no command, whatever is in it: each is a file', () => {
    const nasty = 'echo "a\'}" {address}:{port} # !\n} $(x) \\" @ $HOME\n';
    const text = JSON.stringify(nasty);
    const lab = read(
      change(
        SERVICE,
        `mode: nat, reals: { rs: 1 }, health: { misc: ${text}, every: 1s }, quorum: { weight: 1, up: ${text}, down: ${text} } }`,
      ).text +
        `vrrp: { V: { on: lan, id: 1, priorities: { lb: 9 }, addresses: [web], track: [{ script: ${text} }] } }\n`,
    );
    const { [KEEPALIVED_CONF]: conf, ...scripts } = keepalivedFiles(lab, nodeOf(lab, 'lb'), DIALECT);
    expect(scripts).toEqual({
      '/lab/scripts/track.V.1.sh': `#!/usr/bin/dash\n${nasty}\n`,
      '/lab/scripts/quorum.old.up.sh': `#!/usr/bin/dash\n${nasty}\n`,
      '/lab/scripts/quorum.old.down.sh': `#!/usr/bin/dash\n${nasty}\n`,
      '/lab/scripts/check.old.rs.sh': `#!/usr/bin/dash\n${nasty.replace('{address}:{port}', '10.0.0.2:81')}\n`,
    });
    for (const path of Object.keys(scripts)) expect(conf).toContain(`"${path}"\n`);
    expect(conf).not.toContain('echo');
  });
});

describe('a service', () => {
  it.each([
    [
      'the same VIP in other words',
      'services:\n',
      'services:\n  b: { vip: "FD00:0::100", port: 80, mode: dr, reals: { rs: 1 } }\n',
      /service "b" already has fd00::100 port 80/,
    ],
    ['a VIP that a node has', 'vip: 10.0.0.100', 'vip: 10.0.0.2', /10\.0\.0\.2 is taken already/],
    ['a VIP that is a LIP', 'vip: 10.0.0.100', 'vip: 10.0.0.200', /10\.0\.0\.200 is taken already/],
    ['a VIP that a node has in other words', '"fd00::100"', '"fd00:0:0::2"', /fd00::2 is taken already/],
    [
      'a mask wider than an address',
      SERVICE,
      'mode: nat, reals: { rs: 1 }, persistence: { time: 1s, mask: 64 } }',
      /an IPv4 address has 32 bits/,
    ],
    [
      'a real server by the other family',
      SERVICE,
      'mode: nat, reals: { rs: { weight: 1, address: "fd00::2" } } }',
      /of different families/,
    ],
    [
      'a quorum that is never reached',
      SERVICE,
      'mode: nat, reals: { rs: 1 }, health: { tcp: 1s, every: 1s }, quorum: { weight: 2 } }',
      /can never be reached/,
    ],
    [
      'LIPs that no service uses',
      'lips: [10.0.0.200]',
      'lips: [10.0.0.200, "fd00::200"]',
      /no service is fnat over IPv6/,
    ],
  ])('with %s', (_what, from, to, what) => expect(mistakesOf(change(from, to).text).join('\n')).toMatch(what));
  it('is what times of connections are for', () =>
    expect(
      mistakesOf(
        'lab: x\nsegments: { lan: 10.0.0.0/24 }\nnodes: { a: { kind: host, lan: 10.0.0.1 } }\ntimeouts: { tcp: 1s, fin: 1s, udp: 1s }\n',
      ).join(),
    ).toMatch(/^lab\.yaml:4:1 the lab has no service/));
  it.each(['900ms', '44641m', '0s'])('keeps no connection for %s', (time) =>
    expect(mistakesOf(`${LAB}timeouts: { tcp: 1s, fin: ${time}, udp: 1s }\n`).join()).toMatch(
      /^lab\.yaml:11:\d+ expected a time/,
    ),
  );
  it('lets out a network, not a host of one', () =>
    expect(
      mistakesOf(`${LAB}snat: { o: { from: 10.0.0.9/24, to: 172.16.0.1, out: wan, outside: rs } }\n`).join(),
    ).toMatch(/^lab\.yaml:11:\d+ 10\.0\.0\.9\/24 has host bits set/));
});

describe('VRRP', () => {
  const MORE = LAB.replace('  rs:', '  lb2: { kind: director, lan: [10.0.0.3, "fd00::3"], lips: [10.0.0.201] }\n  rs:');
  const vrrp = (more: string, second = '') =>
    mistakesOf(
      `${MORE}vrrp:\n  V: { on: lan, id: 1, priorities: { lb: 9, lb2: 8 }, addresses: [web]${more} }\n  W: { on: lan, id: 2, priorities: { lb: 9, lb2: 8 }, addresses: [six] }\n  X: { on: lan, id: 3, priorities: { lb: 9, lb2: 8 }, addresses: [old] }\n${second}`,
    ).join('\n');
  it.each([
    ['nothing', '', '', /^$/],
    ['adverts of nothing', ', version: 3, advert: 0s', '', /expected a time .* from 10ms to 255s/],
    ['adverts of 5 ms', ', version: 3, advert: 5ms', '', /from 10ms to 255s, in steps of 10ms/],
    ['adverts of 255 ms', ', version: 3, advert: 255ms', '', /in steps of 10ms/],
    [
      'adverts of a minute in version 3',
      ', version: 3, advert: 60s',
      '',
      /advert interval of VRRP version 3 is at most 40\.95s/,
    ],
    ['adverts of a day', ', advert: 1440m', '', /from 10ms to 255s/],
    ['preemption after a day', ', preempt: 1440m', '', /from 0s to 1000s/],
    ['a refresh of half seconds', ', refresh: 1.5s', '', /in steps of 1s/],
    ['a script run all the time', ', track: [{ script: "true", every: 0s }]', '', /from 10ms to 60m/],
    ['a segment that falls slowly', ', track: [{ segment: lan, fall: 2 }]', '', /`fall` is for scripts only/],
    ['a time to look at a segment', ', track: [{ segment: lan, every: 1s }]', '', /`every` is for scripts only/],
    [
      'a VIP that moves twice',
      '',
      '  Y: { on: lan, id: 4, priorities: { lb: 9, lb2: 8 }, addresses: [web] }\n',
      /instance "V" already moves 10\.0\.0\.100/,
    ],
    [
      'a VIP that moves twice as an address',
      ', unicast: true',
      '  Y: { on: lan, id: 4, priorities: { lb: 9, lb2: 8 }, addresses: [10.0.0.100/32] }\n',
      /instance "V" already moves 10\.0\.0\.100/,
    ],
    ['a group for one alone', ', group: 224.0.0.99', '', /instance "W" has another group/],
  ])('with %s', (_what, more, second, what) => expect(vrrp(more, second)).toMatch(what));
  it('speaks the family that it moves', () =>
    expect(
      mistakesOf(
        `${MORE.replace('lan: [10.0.0.3, "fd00::3"]', 'lan: 10.0.0.3')}vrrp: { W: { on: lan, id: 2, unicast: true, priorities: { lb: 9, lb2: 8 }, addresses: [six] } }\n`,
      ).join('\n'),
    ).toMatch(/"lb2" has no IPv6 address on this segment/));
  it('has sync daemons on one segment', () =>
    expect(
      mistakesOf(
        `${LAB}vrrp:\n  V: { on: lan, id: 1, priorities: { lb: 9 }, addresses: [web], syncdaemon: true }\n  W: { on: wan, id: 2, priorities: { lb: 9 }, addresses: [old], syncdaemon: true }\n`,
      ).join('\n'),
    ).toMatch(/^lab\.yaml:13:\d+ instance "V" has its sync daemon on segment "lan"/));
});

describe('sync daemons', () => {
  const SYNC = LAB.replace('  rs:', '  lb2: { kind: director, lan: [10.0.0.3, "fd00::3"], lips: [10.0.0.201] }\n  rs:');
  const daemon = (...members: readonly (readonly [name: string, priorities: string, sync: boolean])[]) => {
    const services = ['web', 'old', 'six'];
    const vrrp = members.map(
      ([name, priorities, sync], i) =>
        `  ${name}: { on: lan, id: ${i + 7}, priorities: { ${priorities} }, addresses: [${services[i]}], syncdaemon: ${sync} }\n`,
    );
    const lab = read(
      `${SYNC}vrrp:\n${vrrp.join('')}  Z: { on: lan, id: 99, priorities: { lb: 9, lb2: 8 }, addresses: [${services.slice(members.length).join()}] }\n`,
    );
    return ['lb', 'lb2'].map(
      (n) => /lvs_sync_daemon.*/.exec(keepalivedFiles(lab, nodeOf(lab, n), DIALECT)[KEEPALIVED_CONF] ?? '')?.[0],
    );
  };
  it('are both there all the time, and follow no instance', () => {
    expect(daemon(['A', 'lb: 9, lb2: 8', true], ['B', 'lb: 8, lb2: 9', false])).toEqual(
      Array(2).fill('lvs_sync_daemon eth0 id 7'),
    );
    expect(daemon(['A', 'lb: 9, lb2: 8', true], ['B', 'lb: 8, lb2: 9', true])).toEqual(
      Array(2).fill('lvs_sync_daemon eth0 id 7'),
    );
  });
  it('have one id in the lab', () =>
    expect(daemon(['A', 'lb: 9', true], ['B', 'lb: 8, lb2: 9', true])).toEqual([
      'lvs_sync_daemon eth0 id 7',
      'lvs_sync_daemon eth0 id 7',
    ]));
  it('are nowhere when nobody asks', () =>
    expect(daemon(['A', 'lb: 9, lb2: 8', false], ['B', 'lb: 8, lb2: 9', false])).toEqual([undefined, undefined]));
});

describe('OSPF', () => {
  const ROUTED = LAB.replace('  rs:', '  sw: { kind: switch, wan: 172.16.0.9, lan: 10.0.0.4 }\n  rs:');
  const ospf = (domains: string) => mistakesOf(`${ROUTED}ospf: { ${domains} }\n`).join('\n');
  it.each([
    ['o: { on: [wan], addresses: [web] }', /^$/],
    ['o: { on: [wan], addresses: [six] }', /^$/],
    ['o: { on: [wan], hello: 1500ms, addresses: [web] }', /in steps of 1s/],
    ['o: { on: [wan], hello: 0s, addresses: [web] }', /from 1s to 65535s/],
    ['o: { on: [wan], throttle: 6s, addresses: [web] }', /from 0ms to 5s/],
    ['o: { on: [wan], bfd: { every: 1ms }, addresses: [web] }', /from 10ms to 60s/],
    ['o: { on: [wan, wan], addresses: [web] }', /is listed twice/],
    [
      'o: { on: [wan], addresses: [web, six] }',
      /VIP fd00::100 is IPv6, and the VIPs before it are IPv4; write a domain/,
    ],
    ['o: { on: [wan], addresses: [web] }, p: { on: [wan], throttle: 1s, addresses: [six] }', /^$/],
    ['o: { on: [wan], addresses: [web] }, p: { on: [wan], addresses: [old] }', /already a link of domain "o"/],
    [
      'o: { on: [wan], addresses: [web] }, p: { on: [lan], throttle: 1s, addresses: [old] }',
      /one throttle for all its domains/,
    ],
    ['o: { on: [wan], area: "999.1.2.3", addresses: [web] }', /expected an area/],
    ['o: { on: [wan], area: "4294967296", addresses: [web] }', /expected an area/],
    ['o: { on: [wan], area: "1.2", addresses: [web] }', /expected an area/],
    ['o: { on: [wan], area: "4294967295", addresses: [web] }', /^$/],
  ])('%s', (domains, what) => expect(ospf(domains)).toMatch(what));
});

describe('a step', () => {
  const step = (text: string) => mistakesOf(`${LAB}scenario: [${text}]\n`).join('\n');
  it.each([
    ['{ check: { answers: web, of: V } }', /"of" belongs to master/],
    ['{ check: { silent: web, by: rs } }', /"by" belongs to answers/],
    ['{ check: { answers: web, real: rs } }', /"real" belongs to weight/],
    ['{ check: { answers: web, service: web } }', /"service" belongs to weight/],
    ['{ check: { run: { on: rs, do: x, within: 1s }, within: 2s } }', /the run sets within already/],
    ['{ check: { answers: web, every: 0s } }', /from 10ms to 60m/],
    ['{ check: { answers: web, for: 100000m } }', /from 0s to 1440m/],
    ['{ run: { on: rs, do: "" } }', /expected a command/],
    ['{ run: { on: rs, do: "a\\0b" } }', /expected a command/],
  ])('%s', (text, what) => expect(step(text)).toMatch(what));
});

describe('a sysctl', () => {
  const NODE = 'bare: none }';
  it.each([
    ['net.ipv4.ip_forward: "1\\nkernel.panic = 1"', /or text on one line/],
    ['net/../kernel/panic: 1', /expected a sysctl under net\./],
    ['net..ipv4: 1', /expected a sysctl under net\./],
    ['net.: 1', /expected a sysctl under net\./],
    ['kernel.panic: 1', /expected a sysctl under net\./],
  ])('%s', (sysctl, what) => expect(told(NODE, `bare: none, sysctls: { ${sysctl} } }`)).toMatch(what));
  it.each(['net.ipv4.conf.eth0.rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'])('%s', (name) =>
    expect(mistakesOf(change(NODE, `bare: none, sysctls: { ${name}: 0 } }`).text)).toEqual([]),
  );
});

describe('BGP', () => {
  const ROUTED = LAB.replace('  rs:', '  sw: { kind: switch, wan: 172.16.0.9, lan: 10.0.0.4 }\n  rs:');
  const bgp = (domains: string) => mistakesOf(`${ROUTED}bgp: { ${domains} }\n`).join('\n');
  it.each([
    ['o: { on: [wan], as: 64512, addresses: [web] }', /^$/],
    ['o: { on: [wan], addresses: [web] }', /has no "as"/],
    ['o: { on: [wan], as: 0, addresses: [web] }', /from 1 to 4294967294/],
    ['o: { on: [wan], as: 64512, addresses: [web, six] }', /write a domain for each family/],
    ['o: { on: [wan], as: 64512, addresses: [six] }', /"sw" has no IPv6 address on "wan"/],
    ['o: { on: [wan], as: 64512, hold: 6s, keepalive: 3s, addresses: [web] }', /at least three keepalive intervals/],
    ['o: { on: [wan], as: 64512, hold: 2s, addresses: [web] }', /from 3s to 65535s/],
    ['o: { on: [bare], as: 64512, addresses: [web] }', /no director is on these segments/],
    ['o: { on: [nowhere], as: 64512, addresses: [web] }', /there is no segment "nowhere"/],
    ['o: { on: [wan], as: 64512, addresses: [wob] }', /there is no service "wob"; did you mean "web"/],
    [
      'o: { on: [wan], as: 64512, addresses: [web] }, p: { on: [wan], as: 64512, addresses: [old] }',
      /already a link of domain "o"/,
    ],
    [
      'o: { on: [wan], as: 64512, addresses: [web] }, p: { on: [lan], as: 64513, addresses: [old] }',
      /has other autonomous systems/,
    ],
    ['o: { on: [wan], as: 64512, dead: 3s, addresses: [web] }', /unknown key "dead"/],
  ])('%s', (domains, what) => expect(bgp(domains)).toMatch(what));
});
