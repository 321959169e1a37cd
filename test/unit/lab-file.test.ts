import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/lab/reference.ts';
import { jsonSchema } from '../../src/lab/schema.ts';
import { mistakesOf as mistakes } from './lab.ts';

/** A lab without the outputs of its document, which are files beside it. */
const GOOD = readFileSync('labs/fnat-keepalived/lab.yaml', 'utf8').replace(
  / {2}# With DPVS:[\s\S]*?(?= {2}- health)/,
  '',
);

/** The good file with one text replaced, which must be there. */
function but(from: string, to: string): string {
  if (!GOOD.includes(from)) throw new Error(`the lab file does not hold ${from}`);
  return GOOD.replace(from, to);
}

describe('a lab file', () => {
  it('that is right has no mistakes', () => expect(mistakes(GOOD)).toEqual([]));

  it.each([
    ['an unknown key', but('    mode: fnat', '    mod: fnat'), /unknown key "mod"; did you mean "mode"\?/],
    ['a missing key', but('    port: 80\n', ''), /has no "port": expected a whole number from 0 to 65535/],
    [
      'a wrong type',
      but('    port: 80\n', '    port: eighty\n'),
      /expected a whole number from 0 to 65535, not "eighty"/,
    ],
    [
      'a misspelled mode',
      but('mode: fnat', 'mode: fnatt'),
      /expected one of nat, fnat, dr, tun, not "fnatt"; did you mean "fnat"\?/,
    ],
    ['a misspelled kind', but('kind: client,', 'kind: cliant,'), /did you mean "client"\?/],
    [
      'a misspelled segment on a node',
      but('lan: 192.168.100.146', 'lam: 192.168.100.146'),
      /"lam" is neither a segment of this lab nor a key of nodes; did you mean "lan"\?/,
    ],
    [
      'an address that is none',
      but('lan: 192.168.100.146', 'lan: 192.168.100.1460'),
      /expected an address such as 192\.168\.100\.11 or .*, not "192\.168\.100\.1460"/,
    ],
    ['a subnet that is none', but('192.168.100.0/24', '192.168.100.0/33'), /expected a subnet such as/],
    [
      'host bits in a subnet',
      but('192.168.100.0/24', '192.168.100.9/24'),
      /has host bits set; the subnet is 192\.168\.100\.0\/24/,
    ],
    [
      'overlapping segments',
      but('  lan: 192.168.100.0/24', '  lan: 192.168.100.0/24\n  wan: 192.168.0.0/16'),
      /overlaps the subnet of segment "lan"/,
    ],
    [
      'an address outside its segment',
      but('lan: 192.168.100.146', 'lan: 192.168.101.146'),
      /192\.168\.101\.146 is outside segment "lan"/,
    ],
    ['a broadcast address', but('lan: 192.168.100.146', 'lan: 192.168.100.255'), /no node can have it/],
    [
      'a duplicate address',
      but('lan: 192.168.100.3', 'lan: 192.168.100.2'),
      /192\.168\.100\.2 is taken already[\s\S]*it is the address of node "rs1" \(line 12\)/,
    ],
    ['a VIP that a node has', but('vip: 192.168.100.254', 'vip: 192.168.100.2'), /192\.168\.100\.2 is taken already/],
    ['a VIP nobody can reach', but('vip: 192.168.100.254', 'vip: 10.0.0.1'), /outside every segment/],
    [
      'a service naming no node',
      but('rs2: 100', 'rs3: 100'),
      /there is no node "rs3"; did you mean "rs1"\?|did you mean "rs2"\?/,
    ],
    ['a service naming a client', but('rs2: 100', 'client: 100'), /"client" is a client; expected a realserver/],
    [
      'fnat without a LIP',
      but(', lips: [192.168.100.201]', ''),
      /director "lb2" has no LIP, and service "web" is fnat/,
    ],
    ['a LIP outside the LAN', but('192.168.100.201', '192.168.7.201'), /LIP 192\.168\.7\.201 is outside every segment/],
    [
      'LIPs on a real server',
      but('lan: 192.168.100.3 ', 'lan: 192.168.100.3, lips: [192.168.100.9] '),
      /only a director has LIPs/,
    ],
    ['a VIP nobody announces', GOOD.replace(/vrrp:[\s\S]*?\n\n/, ''), /no director announces VIP 192\.168\.100\.254/],
    [
      'an unknown segment in vrrp',
      but('    on: lan', '    on: lam'),
      /there is no segment "lam"; did you mean "lan"\?/,
    ],
    [
      'an unknown step',
      but('  - contract: web', '  - contrakt: web'),
      /unknown key "contrakt"; did you mean "contract"\?/,
    ],
    [
      'a step for an unknown service',
      but('  - contract: web', '  - contract: wep'),
      /there is no service "wep"; did you mean "web"\?/,
    ],
    [
      'a missing file of the user',
      but('kind: client, ', 'kind: client, setup: ./nope.sh, '),
      /the file ".\/nope\.sh" is not there/,
    ],
    ['broken YAML', but('lab: fnat-keepalived\n', 'lab: [fnat\n'), /^lab\.yaml:\d+:\d+ this is not YAML/],
    ['a duplicate key', but('  rs1:    { kind', '  rs2:    { kind'), /this key is given twice/],
    ['a tab', but('  lan: 192', '\tlan: 192'), /lab\.yaml:6:1 a tab is used for indentation/],
    ['an alias without an anchor', but('lan: 192.168.100.0/24', 'lan: *net'), /"\*net" refers to no anchor above it/],
    ['a cycle of aliases', `${GOOD}\nloop: &a\n  - *a\n`, /is inside the value that it refers to/],
    [
      'a merge key of a text',
      but('rs1:    { kind', 'rs1:    { <<: none, kind'),
      /^lab\.yaml:\d+:\d+ "<<" needs a mapping/,
    ],
    ['an empty file', '', /the file is empty/],
    ['a comment only', '# nothing\n', /the file is empty/],
    ['a list', '- a\n- b\n', /expected a lab/],
    ['a 10 MB file', Buffer.alloc(10 * 1024 * 1024, 'a: 1\n'), /has 10 MB; a lab file has at most 1 MB/],
    ['a binary file', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /binary file/],
    ['text that is not UTF-8', Buffer.from([0x61, 0x3a, 0xff, 0xfe]), /not UTF-8/],
  ])('with %s says so', (_what, text, expected) => {
    expect(mistakes(text).join('\n')).toMatch(expected);
  });

  it.each([
    ['a key that stands twice', 'port: 80\n', 'port: 80\n    port: 80\n', ['clint', 'twice', 'rrr', 'lb3']],
    ['a brace that is not closed', 'lan: 192.168.100.2 }', 'lan: 192.168.100.2', ['clint', 'not YAML', 'rrr']],
    ['a quote that is not closed', 'mode: fnat', 'mode: "fnat', ['clint', 'not YAML']],
    ['a bracket that is not closed', '    addresses: [web]', '    addresses: [web', ['clint', 'rrr', 'not YAML']],
    ['a bracket in the segments', 'lan: 192.168.100.0/24', 'lan: [192.168.100.0/24', ['not YAML', 'clint', 'rrr']],
    ['a second document', '\nvrrp:', '\n---\nvrrp:', ['clint', 'rrr', 'a second document']],
  ])('with %s tells all other mistakes that can be read', (_what, from, to, expected) => {
    const others = but('kind: client', 'kind: clint')
      .replace('scheduler: rr', 'scheduler: rrr')
      .replace('lb2: 80 }', 'lb3: 80 }')
      .replace(/^ {2}- failover[\s\S]*/m, '');
    expect(others).toContain(from);
    const told = mistakes(others.replace(from, to));
    expect(told).toEqual(expected.map((word) => expect.stringContaining(word)));
  });

  it('tells an exponential heap of aliases without working it out', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++) {
      const [before, here] = [String.fromCharCode(96 + i), String.fromCharCode(97 + i)];
      lines.push(`${here}: &${here} [${Array(10).fill(`*${before}`).join(',')}]`);
    }
    expect(mistakes(lines.join('\n')).join()).toMatch(/more than 20,000 keys and values, with its aliases followed/);
  });

  it('tells all mistakes at once, with place, line and underline', () => {
    const found = mistakes(but('port: 80', 'port: 70000').replace('id: 123', 'id: 999'));
    expect(found).toHaveLength(2);
    expect(found[0]).toBe(
      'lab.yaml:18:11 expected a whole number from 0 to 65535, not 70000\n        port: 70000\n              ~~~~~',
    );
  });

  it('tells mistakes of shape and of meaning together, and none that only follows from another', () => {
    const found = mistakes(
      but('scheduler: rr', 'scheduler: round')
        .replace('lan: 192.168.100.3 ', 'lan: 192.168.101.3 ')
        .replace('kill: lb1', 'kill: lb9'),
    );
    expect(found.map((m) => m.split('\n')[0])).toEqual([
      expect.stringContaining('192.168.101.3 is outside segment "lan"'),
      expect.stringContaining('expected one of rr,'),
      expect.stringContaining('there is no node "lb9"'),
    ]);
  });

  it('may use anchors and merge keys', () => {
    const text = but(
      'rs1:    { kind: realserver, lan: 192.168.100.2 }',
      'rs1: &rs { kind: realserver, lan: 192.168.100.2 }',
    ).replace('rs2:    { kind: realserver, lan: 192.168.100.3 }', 'rs2: { <<: *rs, lan: 192.168.100.3 }');
    expect(mistakes(text)).toEqual([]);
  });
});

describe('what the kernel cannot do', () => {
  const lab = (service: string, more = '') => `lab: x
segments: { wan: [10.0.0.0/24, "2001:db8::/64"], lan: 192.168.100.0/24 }
nodes:
  c:   { kind: client, wan: [10.0.0.9, "2001:db8::9"] }
  lb:  { kind: director, wan: [10.0.0.1, "2001:db8::1"], lan: 192.168.100.1, lips: [192.168.100.200] }
  rs1: { kind: realserver, lan: 192.168.100.2 }
  rs2: { kind: realserver, wan: 10.0.0.2 }
services:
  web: ${service}
${more}`;
  it.each([
    [
      'nat64',
      lab('{ vip: "2001:db8::100", port: 80, mode: nat, reals: { rs1: 1 } }'),
      /does not translate between families \(that is nat64, which DPVS can\)/,
    ],
    [
      'FTP over nat',
      lab('{ vip: 10.0.0.100, port: 21, mode: nat, reals: { rs1: 1 } }'),
      /FTP carries addresses inside its control connection/,
    ],
    [
      'FTP over dr without persistence',
      lab('{ vip: 10.0.0.100, port: 21, mode: dr, reals: { rs1: 1 } }'),
      /without persistence they go to another real server/,
    ],
    [
      'another port in dr',
      lab('{ vip: 10.0.0.100, port: 80, mode: dr, reals: { rs1: { weight: 1, port: 81 } } }'),
      /only nat and fnat map ports/,
    ],
    [
      'a TCP check of a UDP service',
      lab('{ vip: 10.0.0.100, port: 53, protocol: udp, mode: nat, reals: { rs1: 1 }, health: { tcp: 1s, every: 1s } }'),
      /needs a TCP port/,
    ],
    [
      'a banner over UDP',
      lab('{ vip: 10.0.0.100, port: 53, protocol: udp, app: banner, mode: nat, reals: { rs1: 1 } }'),
      /the service is UDP/,
    ],
    [
      'fnat over IPv6 without such a LIP',
      lab('{ vip: "2001:db8::100", port: 80, mode: fnat, reals: { rs1: 1 } }'),
      /has no LIP of IPv6/,
    ],
    [
      'fnat and nat to one port',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs1: 1 } }',
        '  b: { vip: 10.0.0.101, port: 80, mode: nat, reals: { rs1: 1 } }',
      ),
      /cannot tell which source to translate/,
    ],
    [
      'persistence that need not move',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: nat, scheduler: sh, persistence: 3s, reals: { rs1: 1, rs2: 1 } }',
        'scenario: [{ persistence: web }]',
      ),
      /a client is sure to move only with scheduler rr, or wrr with equal weights/,
    ],
    [
      'persistence that ended connections outlive',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: nat, persistence: 3s, reals: { rs1: 1, rs2: 1 } }',
        'scenario: [{ persistence: web }]',
      ),
      /driver ipvs keeps ended connections of nat for 120\.00 s, .* longer than the persistence of 3\.00 s/,
    ],
    [
      'persistence that connections after a FIN outlive',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: dr, persistence: 3s, reals: { rs1: 1, rs2: 1 } }',
        'scenario: [{ persistence: web }]',
      ),
      /driver ipvs keeps ended connections of dr for 120\.00 s/,
    ],
    [
      'SNAT to an address that nobody has',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: nat, reals: { rs1: 1 } }',
        'snat: { o: { from: 192.168.100.0/24, to: 10.0.0.77, out: wan } }',
      ),
      /no director has the address 10\.0\.0\.77/,
    ],
    [
      'a gateway out of reach',
      lab('{ vip: 10.0.0.100, port: 80, mode: nat, reals: { rs1: 1 } }').replace(
        'lan: 192.168.100.2 }',
        'lan: 192.168.100.2, routes: { default: 10.9.9.9 } }',
      ),
      /gateway 10\.9\.9\.9 is in no subnet that "rs1" is on/,
    ],
    [
      'a bond over nothing',
      lab('{ vip: 10.0.0.100, port: 80, mode: nat, reals: { rs1: 1 } }').replace(
        'lan: 192.168.100.2 }',
        'lan: 192.168.100.2, devices: { bond1: { bond: 4 } } }',
      ),
      /bond "bond1" has no slave/,
    ],
    [
      'a device of two kinds',
      lab('{ vip: 10.0.0.100, port: 80, mode: nat, reals: { rs1: 1 } }').replace(
        'lan: 192.168.100.2 }',
        'lan: 192.168.100.2, devices: { d: { bond: 4, vlan: 3, over: lan } } }',
      ),
      /expected exactly one of bond, vlan, bridge, gre, ipip/,
    ],
    [
      'a step that cuts a wire that is not there',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: nat, reals: { rs1: 1 } }',
        'scenario: [{ cut: { service: web, node: rs1, links: [wan], expect: silent } }]',
      ),
      /"rs1" has no card on segment "wan"/,
    ],
    [
      'a regular expression that is none',
      lab(
        '{ vip: 10.0.0.100, port: 80, mode: nat, reals: { rs1: 1 } }',
        'scenario: [{ run: { on: rs1, do: x, prints: "(" } }]',
      ),
      /expected a regular expression/,
    ],
  ])('%s is refused, with the reason', (_what, text, told) => {
    expect(mistakes(text).join('\n')).toMatch(told);
  });
});

describe('high availability in a lab file', () => {
  const lab = (more: string) => `lab: x
segments: { lan: [192.168.100.0/24, "2001:db8::/64"], link: 172.10.0.0/30 }
nodes:
  c:   { kind: client, lan: 192.168.100.9 }
  lb1: { kind: director, lan: [192.168.100.11, "2001:db8::11"], link: 172.10.0.2 }
  lb2: { kind: director, lan: [192.168.100.12, "2001:db8::12"] }
  rs1: { kind: realserver, lan: [192.168.100.2, "2001:db8::2"] }
services:
  web: { vip: 192.168.100.254, port: 80, mode: dr, reals: { rs1: 1 } }
  six: { vip: "2001:db8::254", port: 80, mode: dr, reals: { rs1: 1 } }
${more}`;
  const vrrp = (more: string, addresses = '[web]') =>
    `vrrp:\n  V: { on: lan, id: 1, priorities: { lb1: 100, lb2: 80 }, addresses: ${addresses}${more} }\n  S: { on: lan, id: 2, priorities: { lb1: 100, lb2: 80 }, addresses: [six] }\n`;
  const step = (text: string) => `${vrrp('')}scenario: [${text}]\n`;
  it.each([
    ['nothing', vrrp(''), /^$/],
    ['both families in one instance', vrrp('', '[web, six]'), /need separate instances/],
    ['version 2 for IPv6', vrrp(', version: 2', '["2001:db8::99"]'), /VRRP for IPv6 needs version 3/],
    ['a password in version 3', vrrp(', version: 3, password: x'), /VRRP version 3 has no authentication/],
    ['adverts of version 2 within a second', vrrp(', advert: 200ms'), /version 2 needs whole seconds/],
    ['a group that is none', vrrp(', group: 10.0.0.1'), /10\.0\.0\.1 is not a multicast address/],
    ['a group for unicast', vrrp(', unicast: true, group: 224.0.0.99'), /unicast adverts use no multicast group/],
    ['an address that somebody has', vrrp('', '[web, 192.168.100.2]'), /192\.168\.100\.2 is taken already/],
    ['an address out of reach', vrrp('', '[web, 10.9.9.9]'), /10\.9\.9\.9 is outside every segment/],
    [
      'a tracked segment that one is not on',
      vrrp(', track: [{ segment: link }]'),
      /director "lb2" is not on a segment "link"/,
    ],
    [
      'two things tracked as one',
      vrrp(', track: [{ segment: lan, script: x }]'),
      /expected exactly one of script, segment/,
    ],
    ['a fault that is none', step('{ fault: kil:lb1 }'), /there is no fault "kil"; did you mean "kill"\?/],
    ['a fault of a node that is not there', step('{ fault: kill:lb9 }'), /there is no node "lb9"/],
    [
      'a failover from the backup',
      step('{ failover: { service: web, kill: lb2, to: lb1 } }'),
      /"lb2" is not the master/,
    ],
    [
      'two expectations in one',
      step('{ check: { silent: web, answers: web } }'),
      /expected exactly one of master, answers/,
    ],
    [
      'clients that stay where nothing keeps them',
      step('{ fault: { inject: kill:lb1, sticks: true } }'),
      /service "web" has neither persistence nor a hashing scheduler/,
    ],
    [
      'a client that is none',
      step('{ fault: { inject: kill:lb1, clients: [c, rs1] } }'),
      /"rs1" is a realserver; expected a client/,
    ],
    ['no connection held', step('{ fault: { inject: kill:lb1, flows: 0 } }'), /expected a whole number from 1 to 256/],
    [
      'ports hashed by a scheduler that does not hash',
      `  odd: { vip: 192.168.100.253, port: 80, mode: dr, hash: port, reals: { rs1: 1 } }\n${vrrp('')}`,
      /only the schedulers sh and mh can hash ports; service "odd" has rr/,
    ],
    ['a weight of nobody', step('{ check: { weight: 0 } }'), /the real server is missing; add real/],
    ['a master that takes no part', step('{ check: { master: rs1 } }'), /"rs1" is a realserver; expected a director/],
    ['an instance that is not there', step('{ check: { master: lb1, of: VI } }'), /there is no VRRP instance "VI"/],
    [
      'an OSPF domain without a router',
      `${vrrp('')}ospf: { o: { on: [link], addresses: [web] } }`,
      /no router is on these segments/,
    ],
    [
      'a dead interval below two hellos',
      `${vrrp('')}ospf: { o: { on: [link], hello: 3s, dead: 4s, addresses: [web] } }`,
      /must be at least two hello intervals/,
    ],
    [
      'two health checks in one',
      vrrp('').replace(
        'vrrp:',
        '  b: { vip: 192.168.100.253, port: 80, mode: dr, reals: { rs1: 1 }, health: { tcp: 1s, http: /, every: 1s } }\nvrrp:',
      ),
      /expected exactly one of tcp, http, ssl, misc, dns, udp/,
    ],
    [
      'a sorry server without a check',
      vrrp('').replace(
        'vrrp:',
        '  b: { vip: 192.168.100.253, port: 80, mode: dr, reals: { rs1: 1 }, sorry: c }\nvrrp:',
      ),
      /the sorry server is never used/,
    ],
  ])('%s', (_what, text, told) => expect(mistakes(lab(text)).join('\n')).toMatch(told));
});

describe('the schema', () => {
  it('is the committed one', () => expect(JSON.parse(readFileSync('lab.schema.json', 'utf8'))).toEqual(jsonSchema()));
  it('is what the reference says', () =>
    expect(readFileSync('docs/lab-file.md', 'utf8').trim()).toBe(reference().trim()));
  it('accepts the labs that come with it', async () => {
    const { Ajv2020 } = await import('ajv/dist/2020.js');
    const { parse } = await import('yaml');
    const check = new Ajv2020({ strict: false }).compile(jsonSchema());
    expect([check(parse(GOOD)), check.errors]).toEqual([true, null]);
    expect(check(parse(but('port: 80', 'port: eighty')))).toBe(false);
  });
});
