import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { takenName } from '../../src/kernels/device-names.ts';
import { kernels } from '../../src/kernels/index.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { mistakesOf, NO_FILES } from './lab.ts';
import { change, LAB, told } from './mistaken.ts';

const NODE = '  rs: { kind: realserver, lan: [10.0.0.2, "fd00::2"], bare: none }';
/** The real server with more in it. */
const rs = (more: string) => NODE.replace(', bare: none }', `, bare: none, ${more} }`);

it('is right without a change', () => expect(mistakesOf(LAB)).toEqual([]));

describe('an address that no node can have', () => {
  const kinds: readonly (readonly [address: string, what: RegExp])[] = [
    ['224.0.0.18', /a multicast address/],
    ['239.255.0.1', /a multicast address/],
    ['0.0.0.0', /the unspecified address/],
    ['0.0.0.7', /this network/],
    ['127.0.0.1', /a loopback address/],
    ['127.9.9.9', /a loopback address/],
    ['255.255.255.255', /the broadcast address/],
    ['ff02::1', /a multicast address/],
    ['::', /the unspecified address/],
    ['::1', /a loopback address/],
    ['::ffff:10.0.0.5', /mapped into IPv6/],
  ];
  const reserved: readonly (readonly [address: string, what: RegExp])[] = [
    ['10.0.0.0', /the network’s own address of segment "lan"/],
    ['10.0.0.255', /the broadcast address of segment "lan"/],
    ['fd00::', /the routers’ anycast address of segment "lan"/],
  ];
  const places: readonly (readonly [
    where: string,
    from: (address: string) => string,
    to: (address: string) => string,
  ])[] = [
    ['a node', () => 'lan: [10.0.0.2, "fd00::2"]', (a) => `lan: [10.0.0.2, "fd00::2", "${a}"]`],
    ['a bare wire', () => 'bare: none }', (a) => `bare: "${a}/25" }`],
    ['a list of cards', () => 'bare: none }', (a) => `interfaces: [{ on: lan, address: "${a}" }] }`],
    ['a device', () => 'bare: none }', (a) => `devices: { br0: { bridge: true, address: "${a}/24" } } }`],
    ['a LIP', () => 'lips: [10.0.0.200]', (a) => `lips: [10.0.0.200, "${a}"]`],
    ['a VIP', (a) => `vip: ${a.includes(':') ? '"fd00::100"' : '10.0.0.100'}`, (a) => `vip: "${a}"`],
  ];
  const rows = places.flatMap(([where, from, to]) =>
    [...kinds, ...reserved].map(([address, what]) => ({ where, address, from: from(address), to: to(address), what })),
  );
  it.each(rows)('$address on $where', ({ from, to, what }) => {
    expect(told(from, to)).toMatch(what);
  });
  it.each([...kinds, ...reserved])('%s moved by VRRP', (address, what) => {
    const vrrp = `vrrp: { V: { on: lan, id: 1, priorities: { lb: 9 }, addresses: ["${address}"] } }\n`;
    expect(mistakesOf(LAB + vrrp).join('\n')).toMatch(what);
  });
  it.each([
    ['10.0.7.127/25', /the broadcast address of its own subnet \/25/],
    ['10.0.7.128/25', /the network’s own address of its own subnet \/25/],
    ['fd07::/64', /the routers’ anycast address of its own subnet/],
    ['10.0.7.1/0', /a prefix of 0/],
    ['fd07::1/0', /a prefix of 0/],
  ])('%s by its own prefix', (address, what) => expect(told('bare: none }', `bare: "${address}" }`)).toMatch(what));
  it.each(['10.0.7.0/31', '10.0.7.1/32', 'fd07::/127', 'fd07::1/128', '240.0.0.1/24'])('but %s is one', (address) =>
    expect(mistakesOf(change('bare: none }', `bare: "${address}" }`).text)).toEqual([]),
  );
  it.each(['224.0.0.0/24', '127.0.0.0/8', '0.0.0.0/0', '"::/0"', '"ff00::/16"'])('%s as a segment', (subnet) =>
    expect(told('bare: none,', `bare: ${subnet},`)).toMatch(/cannot be a subnet|overlaps/),
  );
  it('a VIP that is link-local', () => expect(told('"fd00::100"', '"fe80::1"')).toMatch(/is link-local/));
});

describe('a route', () => {
  const by = (to: string, gateway: string) => told(NODE, rs(`routes: { "${to}": "${gateway}" }`));
  it.each([
    ['10.9.0.0/16', 'fd00::9', /gateway fd00::9 is IPv6, but the route is IPv4/],
    ['fd09::/64', '10.0.0.9', /gateway 10\.0\.0\.9 is IPv4, but the route is IPv6/],
    ['10.9.9.9', 'fd00::9', /is IPv6, but the route is IPv4/],
    ['10.9.0.1/16', '10.0.0.9', /host bits set; the network is 10\.9\.0\.0\/16/],
    ['fd09::1/64', 'fd00::9', /host bits set; the network is fd09::\/64/],
    ['10.9.0.1/16', 'blackhole', /host bits set/],
    ['default', '10.0.0.255', /gateway 10\.0\.0\.255 is the broadcast address/],
    ['default', '10.0.0.0', /gateway 10\.0\.0\.0 is the network’s own address/],
    ['default', '255.255.255.255', /is the broadcast address/],
    ['default', '224.0.0.1', /is a multicast address/],
    ['default', '0.0.0.0', /is the unspecified address/],
    ['default', '127.0.0.1', /is a loopback address/],
    ['default', '::1', /is a loopback address/],
    ['::/0', 'fd00::', /is the routers’ anycast address/],
    ['::/0', 'ff02::1', /is a multicast address/],
    ['default', '10.0.0.2', /gateway 10\.0\.0\.2 is "rs" itself/],
    ['::/0', 'fd00::2', /gateway fd00::2 is "rs" itself/],
    ['default', '172.16.0.1', /in no subnet that "rs" is on/],
    ['10.0.0.0/24', '10.0.0.9', /"rs" is itself on 10\.0\.0\.0\/24 by eth1/],
    ['fd00::/64', 'blackhole', /"rs" is itself on fd00::\/64/],
    ['127.0.0.0/8', '10.0.0.9', /never routed/],
    ['::1', 'fd00::9', /never routed/],
  ])('to %s by %s', (to, gateway, what) => expect(by(to, gateway)).toMatch(what));
  it.each([
    ['default: 10.0.0.9, 0.0.0.0/0: blackhole', /0\.0\.0\.0\/0 has a route already: "default"/],
    ['10.9.9.9: 10.0.0.9, 10.9.9.9/32: 10.0.0.1', /10\.9\.9\.9\/32 has a route already/],
    ['"fd09::/64": "fd00::9", "FD09:0::/64": "fd00::1"', /FD09:0::\/64 has a route already: "fd09::\/64"/],
    ['default: "fd00::9", "::/0": "fd00::1"', /::\/0 has a route already: "default"/],
  ])('twice: %s', (routes, what) => expect(told(NODE, rs(`routes: { ${routes} }`))).toMatch(what));
  it('of IPv6 may be the default one', () => {
    const source = readSource('lab.yaml', Buffer.from(change(NODE, rs('routes: { default: "fd00::9" }')).text));
    const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
    expect(lab.ok && lab.value.nodes.find((n) => n.name === 'rs')?.routes).toEqual([{ to: '::/0', via: 'fd00::9' }]);
  });
  it.each(['224.0.0.0/4: lan', '"ff00::/8": lan', '10.9.0.0/16: blackhole', '10.0.0.77: 10.0.0.9'])(
    'may be %s',
    (route) => expect(mistakesOf(change(NODE, rs(`routes: { ${route} }`)).text)).toEqual([]),
  );
});

describe('a device', () => {
  const named = (name: string) => told(NODE, rs(`devices: { ${name}: { bridge: true } }`));
  it.each(['eth0', 'eth17', 'plug1', 'vec1', 'tap1', 'wire1', 'mgmt0'])('called %s', (name) =>
    expect(named(name)).toMatch(/reserved for lab’s own devices/),
  );
  it.each(['lo', 'tunl0', 'gre0', 'gretap0', 'erspan0', 'sit0', 'ip6tnl0', 'ip6gre0'])('called %s', (name) =>
    expect(named(name)).toMatch(/the kernel has a device of this name/),
  );
  it.each(['all', 'default'])('called %s', (name) => expect(named(name)).toMatch(/means all devices/));
  it.each(['all', 'lo', 'tunl0', 'wire1'])('segment called %s', (name) =>
    expect(told('{ bare: none,', `{ bare: none, ${name}: none,`)).toMatch(/a segment cannot be called/),
  );
  it('called like a segment of its node', () => expect(named('bare')).toMatch(/already the name of a segment/));
  it('of a guest is never taken by a lab’s', () => {
    const source = readSource(
      'lab.yaml',
      Buffer.from(change(NODE, rs('devices: { br0: { bridge: true, over: bare } }')).text),
    );
    const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
    const node = lab.ok ? lab.value.nodes.find((n) => n.name === 'rs') : undefined;
    if (!node) throw new Error('the lab is wrong');
    // The script that boots it numbers what it makes of each card.
    const boot = readFileSync('images/node/lib/boot.sh', 'utf8')
      .split('\n')
      .flatMap((line) => node.interfaces.map((_, i) => line.replaceAll('$n', String(i + 1))));
    const script = [...boot, ...kernels.uml.cards(node).ip].join('\n');
    const made = [...script.matchAll(/(?:\bname|\bdev|link add|link set|\btap=|\bwire=)[ =]?([a-z]+\d+p?)\b/g)].map(
      (m) => m[1],
    );
    expect(new Set(made)).toEqual(
      new Set(['eth0', 'eth1', 'plug1', 'plug2', 'mgmt0', 'tap1', 'tap2', 'vec1', 'vec2', 'wire1', 'wire2']),
    );
    for (const name of made) expect(takenName(name ?? '')).toBeDefined();
  });

  it.each([
    [
      'a VLAN id twice on one card',
      'a: { vlan: 5, over: bare }, b: { vlan: 5, over: bare }',
      /"a" is already VLAN 5 on eth0/,
    ],
    [
      'a card in two bonds',
      'a: { bond: 1, over: bare }, b: { bond: 1, over: bare }',
      /the card on segment "bare" is already part of bond "a"/,
    ],
    [
      'a card in a bond and a bridge',
      'a: { bond: 1, over: bare }, b: { bridge: true, over: bare }',
      /is already part of bond "a"/,
    ],
    ['a VLAN on a slave', 'a: { bond: 1, over: bare }, b: { vlan: 5, over: bare }', /is already part of bond "a"/],
    ['a card twice in a bond', 'a: { bond: 1, over: [bare, bare] }', /is listed twice/],
    [
      'a bridge in a bridge',
      'a: { bridge: true }, b: { bridge: true, over: a }',
      /a bridge cannot be part of another bridge/,
    ],
    [
      'a card with an address in a bridge',
      'a: { bridge: true, over: lan }',
      /has the address 10\.0\.0\.2, which does not work/,
    ],
    ['a tunnel over a device', 'a: { gre: { local: 10.0.0.2, remote: 10.0.0.9 }, over: lan }', /takes no over/],
    [
      'a tunnel in a bridge',
      'a: { gre: { local: 10.0.0.2, remote: 10.0.0.9 } }, b: { bridge: true, over: a }',
      /"a" is a tunnel/,
    ],
    [
      'a VLAN on a tunnel',
      'a: { ipip: { local: 10.0.0.2, remote: 10.0.0.9 } }, b: { vlan: 5, over: a }',
      /"a" is a tunnel/,
    ],
    ['a tunnel of IPv6', 'a: { gre: { local: "fd00::2", remote: 10.0.0.9 } }', /need IPv4 addresses at both ends/],
    ['a tunnel to nobody', 'a: { gre: { local: 10.0.0.2, remote: 0.0.0.0 } }', /the unspecified address/],
    ['a tunnel to a group', 'a: { ipip: { local: 10.0.0.2, remote: 224.0.0.9 } }', /a multicast address/],
    ['a tunnel to itself', 'a: { ipip: { local: 10.0.0.2, remote: 10.0.0.2 } }', /is the local end/],
    [
      'two tunnels between two addresses',
      'a: { gre: { local: 10.0.0.2, remote: 10.0.0.9 } }, b: { gre: { local: 10.0.0.2, remote: 10.0.0.9 } }',
      /tunnel "a" \(gre\) already connects the same addresses/,
    ],
  ])('%s', (_what, devices, what) => expect(told(NODE, rs(`devices: { ${devices} }`))).toMatch(what));
});

describe('cards', () => {
  const SIDE = 'wan: [172.16.0.1, "fd01::1"]';
  const names = (cards: string) => told(SIDE, `${SIDE}, cards: { ${cards} }`);
  it.each(['ens192', 'enP4p65s0', 'bond0.100', 'eth7', 'wan', 'a_b-c.15-letters'.slice(0, 15)])(
    'may be called %s',
    (name) => expect(mistakesOf(change(SIDE, `${SIDE}, cards: { wan: ${name} }`).text)).toEqual([]),
  );
  it.each([
    ['wan: ens192, lan: ens192', /"lb" has a card "ens192" already, on segment "lan"/],
    ['wan: eth0', /"eth0" is what the card on segment "lan" is called; name that card, too/],
    ['wan: lan', /"lan" is also a segment that "lb" is on/],
    ['wan: lo', /a card cannot be called "lo": the kernel has a device/],
    ['wan: plug1', /a card cannot be called "plug1": reserved/],
    ['wan: "a b"', /expected a name of at most 15 letters/],
    ['wan: abcdefghijklmnop', /expected a name of at most 15 letters/],
    ['wann: ens1', /there is no segment "wann"; did you mean "wan"\?/],
    ['bare: ens1', /"lb" has no address on segment "bare", so no card there; add bare: ADDRESS to it/],
  ])('cannot be named %s', (cards, what) => expect(names(cards)).toMatch(what));
  it('and devices have different names', () =>
    expect(told(SIDE, `${SIDE}, cards: { wan: br0 }, devices: { br0: { bridge: true } }`)).toMatch(
      /"br0" is already the name of a card of "lb"/,
    ));
  it('are named one by one', () =>
    expect(told(SIDE, `${SIDE}, interfaces: [{ on: wan, name: a }, { on: wan, name: a }]`)).toMatch(
      /"lb" has a card "a" already, on segment "wan"/,
    ));
  const cards = (n: number) => `interfaces: [${Array(n).fill('{ on: bare }').join(', ')}]`;
  const long = (n: number) => change('  c: {', `  twelve-chars: { kind: host, ${cards(n)} }\n  c: {`).text;
  it('are as many as the node’s name leaves room for', () => {
    expect(mistakesOf(long(100))).toEqual([]);
    expect(mistakesOf(long(101)).join()).toMatch(
      /lab\.yaml:4:3 node "twelve-chars" has 101 cards, and a name of this length allows only 100/,
    );
  });
});

describe('a file’s place in the node', () => {
  const at = (place: string) => told(NODE, rs(`files: { ${JSON.stringify(place)}: ./x }`));
  it.each([
    ['/etc', /a directory/],
    ['/', /a directory/],
    ['//', /a directory/],
    ['/usr/local/bin', /a directory/],
    ['/lab', /reserved for lab’s own files/],
    ['/lab/init.sh', /reserved for lab’s own files/],
    ['/lab//init.sh', /reserved for lab’s own files/],
    ['/x/../lab/state', /reserved for lab’s own files/],
    ['/proc/sys/kernel/core_pattern', /the kernel’s/],
    ['/sys/x', /the kernel’s/],
    ['/dev/null', /the kernel’s/],
    ['/dev/shm', /a directory|the kernel’s/],
    ['/root/x/', /ends with a slash/],
    ['/root/../x', /write it as \/x/],
    ['/root/./x', /write it as \/root\/x/],
    ['/root//x', /write it as \/root\/x/],
    ['/root/..', /a directory/],
    ['/root/a\nb', /a control character/],
    ['/root/a\u0000', /a control character/],
    ['/usr/local/bin/nodectl', /a program of lab/],
    [`/root/${'é'.repeat(128)}`, /a name in it 255/],
    [`/${'x/'.repeat(2050)}y`, /at most 4000 bytes/],
  ])('%j', (place, what) => expect(at(place)).toMatch(what));
  it('below another file', () =>
    expect(told(NODE, rs('files: { /root/a: ./x, /root/a/b: ./x }'))).toMatch(
      /"\/root\/a" is a file, not a directory/,
    ));
  it.each([
    '/lab2/x',
    '/run/x',
    '/tmp/x',
    '/dev/shm/x',
    '/root/.hidden',
    '/etc/keepalived/conf.d/a.conf',
    '/root/it’s $(x).sh',
  ])('may be %s', (place) =>
    expect(mistakesOf(change(NODE, rs(`files: { ${JSON.stringify(place)}: ./x }`)).text).join()).not.toMatch(
      /no file can be/,
    ),
  );
});

describe('ports of a node', () => {
  const serve = (ports: string) => told(NODE, rs(`serve: [${ports}]`));
  it.each([
    ['99999/tcp', /expected a port such as/],
    ['65536/udp', /expected a port such as/],
    ['0/tcp', /expected a port such as/],
    ['443/tls, 443/tls', /443\/tls is listed twice/],
    ['8080/tcp, 8080/tcp', /8080\/tcp is listed twice/],
    ['8080/tcp, 8080/tls', /tls and tcp both need port 8080 of "rs"/],
    ['53/udp, 53/dns', /dns and udp both need port 53/],
    ['53/dns, 53/tcp', /tcp and dns both need port 53/],
    ['53/dns, 5353/dns', /"rs" runs only one name server/],
    [Array.from({ length: 65 }, (_, i) => `${1000 + i}/udp`).join(), /serves 65 UDP ports; at most 64/],
    [Array.from({ length: 400 }, (_, i) => `${1000 + i}/tls`).join(), /serves 402 TCP ports; at most 400/],
  ])('%s', (ports, what) => expect(serve(ports)).toMatch(what));
  it.each(['80/tcp', '80/tls', '53/tcp, 53/udp', '65535/tcp', '80/udp'])('may be %s', (ports) =>
    expect(mistakesOf(change(NODE, rs(`serve: [${ports}]`)).text)).toEqual([]),
  );
  it('of two databases', () => {
    const database = (name: string, port: number) =>
      `  ${name}: { vip: 10.0.0.101, port: ${port}, app: mysql, mode: nat, reals: { rs: 1 } }\n`;
    expect(mistakesOf(LAB + database('d1', 3306) + database('d2', 3307)).join('\n')).toMatch(
      /^lab\.yaml:12:\d+ "rs" runs only one database, on one port; port 3306 is given already[\s\S]*3306 is given here \(line 11\)$/,
    );
  });
});

describe('an MTU', () => {
  it.each([
    ['lan: [10.0.0.0/24, "fd00::/64"]', 'lan: { subnet: 10.0.0.0/24, mtu: 90 }', /a whole number from 576 to 9216/],
    ['lan: [10.0.0.0/24, "fd00::/64"]', 'lan: { subnet: 10.0.0.0/24, mtu: big }', /mtu: 9000 \}/],
    ['lan: [10.0.0.0/24, "fd00::/64"]', 'lan: { mtu: 9000 }', /mtu: 9000 \}/],
    [
      'lan: [10.0.0.0/24, "fd00::/64"]',
      'lan: { subnet: [10.0.0.0/24, "fd00::/64"], mtu: 1279 }',
      /IPv6 needs an MTU of/,
    ],
    ['lan: [10.0.0.0/24, "fd00::/64"]', 'lan: { subnet: [10.0.0.0/24, 10.0.0.0/25, "fd00::/64"] }', /overlaps/],
    [
      'lan: [10.0.0.0/24, "fd00::/64"]',
      'lan: { subnet: [10.0.0.0/24, "fd00::/64"], mtus: 9000 }',
      /unknown key "mtus"/,
    ],
    ['bare: none }', 'interfaces: [{ on: lan, mtu: 9000 }] }', /segment "lan" carries packets of at most 1500 bytes/],
    ['bare: none }', 'interfaces: [{ on: lan, address: "fd00::7", mtu: 600 }] }', /IPv6 needs an MTU of at least 1280/],
    ['bare: none }', 'bare: none, devices: { b: { bond: 1, over: bare, mtu: 1600 } } }', /with an MTU of 1500/],
    [
      'lips: [10.0.0.200]',
      'lips: [10.0.0.200], driver: dpvs, devices: { t: { vlan: 3, over: wan, mtu: 1400 } }',
      /no MTU here/,
    ],
  ])('%s as %s', (from, to, what) => expect(mistakesOf(LAB.replace(from, to)).join('\n')).toMatch(what));

  it('is that of the segment on each card, and of what is built on it', () => {
    const source = readSource(
      'lab.yaml',
      Buffer.from(
        LAB.replace('bare: none,', 'bare: { subnet: none, mtu: 9000 },').replace(
          'bare: none }',
          'bare: none, devices: { b: { bond: 1, over: bare }, v: { vlan: 3, over: b }, w: { vlan: 4, over: b, mtu: 1400 } } }',
        ),
      ),
    );
    const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
    const rs = lab.ok ? lab.value.nodes.find((n) => n.name === 'rs') : undefined;
    expect(rs?.interfaces.map((i) => i.mtu)).toEqual([9000, undefined]);
    expect(rs?.devices.map((d) => d.mtu)).toEqual([9000, 9000, 1400]);
  });
});

describe('a reload', () => {
  const step = (inject: string, more = '') =>
    mistakesOf(`${LAB}scenario: [{ fault: { inject: ${inject}${more} } }]\n`).join();
  it.each([
    ['reload:lb/keepalived', '', /^$/],
    ['reload:lb/nginx', '', /reload is for keepalived of a director; write reload:DIRECTOR\/keepalived/],
    ['reload:lb', '', /invalid form of reload/],
    ['reload:rs/keepalived', '', /for keepalived of a director/],
    ['reload:lb/keepalived', ', with: ./new.conf', /the file ".\/new.conf" is not there/],
    ['kill:lb', ', with: ./new.conf', /kill takes no file; only reload does/],
  ])('%s%s', (inject, more, what) => expect(step(inject, more)).toMatch(what));
});
