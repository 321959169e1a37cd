import { describe, expect, it } from 'vitest';
import { kernels } from '../../src/kernels/index.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { labFile } from '../../src/lab/schema.ts';
import { readSource } from '../../src/lab/source.ts';
import { nodeFiles } from '../../src/layout/files.ts';
import type { Lab } from '../../src/model/lab.ts';
import { ADVICE } from '../../src/model/words.ts';
import { ok } from '../../src/result.ts';
import { optionalKeys } from './optional-keys.ts';

/** More for the parts of a lab in which every word has its place. */
interface Parts {
  readonly lab?: string;
  readonly lan?: string;
  readonly rs?: string;
  readonly lb?: string;
  readonly service?: string;
  readonly snat?: string;
  readonly vrrp?: string;
  readonly ospf?: string;
  readonly bgp?: string;
  readonly steps?: string;
  /** A whole lab, in place of the one with everything. */
  readonly whole?: string;
}

/**
 * With the driver `dpvs` beside keepalived and OSPF, services are Full-NAT and there is no SNAT; the same lab is compared
 * with itself under another driver.
 */
function text(p: Parts): string {
  if (p.whole !== undefined) return p.whole;
  const whole = everything(p);
  return whole.includes('driver:')
    ? whole.replaceAll(/mode: (nat|dr)/g, 'mode: fnat').replace(/snat:\n( {2}.*\n)+/, '')
    : whole;
}

function everything(p: Parts): string {
  return `lab: x
segments: { lan: ${p.lan ?? '10.0.0.0/24'}, wan: 172.16.0.0/24, dmz: 172.17.0.0/24, bare: none }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  c2: { kind: client, lan: 10.0.0.8 }
  www: { kind: host, wan: 172.16.0.80, serve: [80/tcp, 80/udp] }
  www2: { kind: host, wan: 172.16.0.81, serve: [80/tcp, 80/udp] }
  sw: { kind: switch, dmz: 172.17.0.9, lan: 10.0.0.4 }
  lb: { kind: director, lan: 10.0.0.1, wan: 172.16.0.1, dmz: 172.17.0.1${p.lb ?? ''} }
  lb2: { kind: director, lan: 10.0.0.5, wan: 172.16.0.5, dmz: 172.17.0.5, lips: [10.0.0.205] }
  rs: { kind: realserver, lan: [10.0.0.2, 10.0.0.12], bare: none${p.rs ?? ''} }
  rs2: { kind: realserver, lan: 10.0.0.3 }
services:
  fnat: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs: 1 } }
  web: { vip: 10.0.0.99, port: 81, mode: nat, ${p.service ?? 'reals: { rs: 1, rs2: 1 }'} }
  two: { vip: 10.0.0.97, port: 83, mode: dr, persistence: 200s, reals: { rs: 1, rs2: 1 } }
  sum: { vip: 10.0.0.98, port: 82, mode: dr, persistence: 3s, reals: { rs: 1 }, health: { tcp: 1s, every: 1s } }
snat:
  out: { from: 10.0.0.0/24, to: 172.16.0.1, out: wan${p.snat ?? ''} }
vrrp:
  V: { on: lan, id: 1, priorities: { lb: 9, lb2: 8 }, addresses: [fnat]${p.vrrp ?? ''} }
  W: { on: lan, id: 2, priorities: { lb: 9, lb2: 8 }, addresses: [web], unicast: true }
ospf:
  o: { on: [dmz], addresses: [sum, two]${p.ospf ?? ''} }
bgp:
  b: { on: [dmz], as: 64512, addresses: [sum]${p.bgp ?? ''} }
${p.steps === undefined ? '' : `scenario: [${p.steps}]\n`}${p.lab ?? ''}`.replace(
    'dmz: 172.17.0.1 }',
    'dmz: 172.17.0.1, lips: [10.0.0.200] }',
  );
}

function read(source: string): Lab {
  const parsed = readSource('lab.yaml', Buffer.from(source));
  const lab = parsed.ok
    ? checkLab(parsed.value, (path) => ok({ bytes: Buffer.from(`content of ${path}\n`), mode: 0o644 }))
    : parsed;
  if (!lab.ok) throw new Error(lab.error.map(formatDiagnostic).join('\n'));
  return lab.value;
}

/** All that is made of a lab: wires, and every node's files. */
function generated(lab: Lab): unknown {
  const nodes = lab.nodes.map((n) => [n.name, n.interfaces, nodeFiles(lab, n, kernels.uml)]);
  return [lab.segments, nodes];
}

type Pair = readonly [part: keyof Parts, without: string | undefined, wanted: string];
const LIPS = ', lips: [10.0.0.200]';
const health = (without: string, wanted: string): Pair => [
  'service',
  `reals: { rs: 1, rs2: 1 }, health: { every: 1s, ${without} }`,
  `reals: { rs: 1, rs2: 1 }, health: { every: 1s, ${wanted} }`,
];
const service = (wanted: string, without = 'reals: { rs: 1, rs2: 1 }'): Pair => [
  'service',
  without,
  `${without}, ${wanted}`,
];
const QUORATE = 'reals: { rs: 1, rs2: 1 }, health: { every: 1s, tcp: 1s }';

/** A lab in which keepalived sets up SNAT: it cannot stand beside VRRP. */
const kept = (rule: string) => `lab: x
driver: dpvs
segments: { lan: 10.0.0.0/24, wan: 172.16.0.0/24 }
nodes:
  host: { kind: host, lan: 10.0.0.9 }
  www: { kind: host, wan: 172.16.0.80, serve: [80/tcp, 80/udp] }
  lb: { kind: director, lan: 10.0.0.1, wan: 172.16.0.1 }
snat:
  out: { from: 10.0.0.0/24, to: 172.16.0.1, out: wan, ${rule} }
`;
const CHECKED = 'health: { misc: "true", every: 1s }';
const keeping = (wanted: string, without = CHECKED): Pair => ['whole', kept(without), kept(`${without}, ${wanted}`)];
const checking = (wanted: string): Pair => [
  'whole',
  kept(CHECKED),
  kept(CHECKED.replace('every: 1s', `every: 1s, ${wanted}`)),
];
/** A lab of a Full-NAT service, of a director with two LIPs, all of which another service uses, too. */
const withLips = (more: string) => `lab: x
segments: { lan: 10.0.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb: { kind: director, lan: 10.0.0.1, lips: [10.0.0.200, 10.0.0.201] }
  rs: { kind: realserver, lan: 10.0.0.2 }
services:
  all: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs: 1 } }
  own: { vip: 10.0.0.100, port: 81, mode: fnat, reals: { rs: 1 }${more} }
`;

/** Of every optional key that shows in what is made: what to say without it, and with it. */
const MADE: Readonly<Record<string, Pair>> = {
  driver: ['lab', 'driver: ipvs\n', 'driver: dpvs\n'],
  'nodes.*.interfaces': ['rs', '', ', interfaces: [{ on: lan }]'],
  'nodes.*.interfaces[].name': ['rs', ', interfaces: [{ on: lan }]', ', interfaces: [{ on: lan, name: ens9 }]'],
  'nodes.*.cards': ['rs', '', ', cards: { lan: ens192 }'],
  'nodes.*.interfaces[].address': [
    'rs',
    ', interfaces: [{ on: lan }]',
    ', interfaces: [{ on: lan, address: 10.0.0.22 }]',
  ],
  'segments.*.mtu': ['lan', '{ subnet: 10.0.0.0/24 }', '{ subnet: 10.0.0.0/24, mtu: 9000 }'],
  'nodes.*.interfaces[].mtu': ['rs', ', interfaces: [{ on: lan }]', ', interfaces: [{ on: lan, mtu: 1400 }]'],
  'nodes.*.devices.*.mtu': [
    'rs',
    ', devices: { d: { bond: 1, over: bare } }',
    ', devices: { d: { bond: 1, over: bare, mtu: 1400 } }',
  ],
  'nodes.*.devices': ['rs', '', ', devices: { br: { bridge: true } }'],
  'nodes.*.devices.*.bond': [
    'rs',
    ', devices: { d: { bridge: true, over: bare } }',
    ', devices: { d: { bond: 1, over: bare } }',
  ],
  'nodes.*.devices.*.vlan': [
    'rs',
    ', devices: { d: { bridge: true, over: bare } }',
    ', devices: { d: { vlan: 1, over: bare } }',
  ],
  'nodes.*.devices.*.bridge': [
    'rs',
    ', devices: { d: { bond: 1, over: bare } }',
    ', devices: { d: { bridge: true, over: bare } }',
  ],
  'nodes.*.devices.*.gre': ['rs', '', ', devices: { d: { gre: { local: 10.0.0.2, remote: 10.0.0.9 } } }'],
  'nodes.*.devices.*.ipip': ['rs', '', ', devices: { d: { ipip: { local: 10.0.0.2, remote: 10.0.0.9 } } }'],
  'nodes.*.devices.*.over': [
    'rs',
    ', devices: { d: { bridge: true } }',
    ', devices: { d: { bridge: true, over: bare } }',
  ],
  'nodes.*.devices.*.address': [
    'rs',
    ', devices: { d: { bridge: true } }',
    ', devices: { d: { bridge: true, address: 10.9.0.1/24 } }',
  ],
  'nodes.*.routes': ['rs', '', ', routes: { default: 10.0.0.9 }'],
  'nodes.*.workers': ['lb', `${LIPS}, driver: dpvs`, `${LIPS}, driver: dpvs, workers: 2`],
  'nodes.*.driver': ['lb', `${LIPS}, driver: ipvs`, `${LIPS}, driver: dpvs`],
  'nodes.*.lips': ['lb', LIPS, ', lips: [10.0.0.200, 10.0.0.201]'],
  'nodes.*.kni': ['whole', kept(CHECKED), kept(CHECKED).replace('172.16.0.1 }', '172.16.0.1, kni: [172.16.0.20] }')],
  'nodes.*.sysctls': ['rs', '', ', sysctls: { net.ipv4.ip_forward: 1 }'],
  'nodes.*.serve': ['rs', '', ', serve: [443/tls]'],
  'nodes.*.manual': ['lb', LIPS, `${LIPS}, manual: true`],
  'nodes.*.setup': ['rs', '', ', setup: ./x.sh'],
  'nodes.*.keepalived': ['lb', LIPS, `${LIPS}, keepalived: ./x.conf`],
  'nodes.*.files': ['rs', '', ', files: { /root/x: ./x }'],
  services: ['service', undefined, 'reals: { rs: 1 }'],
  'services.*.protocol': service('protocol: udp'),
  'services.*.scheduler': service('scheduler: wrr'),
  'services.*.hash': service('hash: port', 'reals: { rs: 1, rs2: 1 }, scheduler: sh'),
  'services.*.mark': service('mark: 7'),
  'services.*.ops': [
    'service',
    'protocol: udp, reals: { rs: { weight: 1, mode: dr } }',
    'protocol: udp, reals: { rs: { weight: 1, mode: dr } }, ops: true',
  ],
  'services.*.reals.*.mode': ['service', 'reals: { rs: 1 }', 'reals: { rs: { weight: 1, mode: dr } }'],
  'services.*.reals.*.port': ['service', 'reals: { rs: 1 }', 'reals: { rs: { weight: 1, port: 8081 } }'],
  'services.*.reals.*.address': ['service', 'reals: { rs: 1 }', 'reals: { rs: { weight: 1, address: 10.0.0.12 } }'],
  'services.*.persistence': service('persistence: 9s'),
  'services.*.health': service('health: { tcp: 1s, every: 1s }'),
  'services.*.health.tcp': health('udp: 1s, port: 99', 'tcp: 1s, port: 99'),
  'services.*.health.http': health('ssl: /', 'http: /'),
  'services.*.health.http.host': health('http: { path: / }', 'http: { path: /, host: shop.example.com }'),
  'services.*.health.http.status': health('http: { path: / }', 'http: { path: /, status: 204 }'),
  'services.*.health.http.digest': health(
    'http: { path: / }',
    'http: { path: /, digest: 0123456789abcdef0123456789abcdef }',
  ),
  'services.*.health.ssl': health('http: /', 'ssl: /'),
  'services.*.health.ssl.host': health('ssl: { path: / }', 'ssl: { path: /, host: shop.example.com }'),
  'services.*.health.ssl.status': health('ssl: { path: / }', 'ssl: { path: /, status: 204 }'),
  'services.*.health.ssl.digest': health(
    'ssl: { path: / }',
    'ssl: { path: /, digest: 0123456789abcdef0123456789abcdef }',
  ),
  'services.*.health.misc': health('tcp: 1s', 'misc: "true"'),
  'services.*.health.dns': health('tcp: 1s', 'dns: { name: www.lab }'),
  'services.*.health.dns.type': health('dns: { name: www.lab }', 'dns: { name: www.lab, type: MX }'),
  'services.*.health.udp': health('tcp: 1s', 'udp: 1s'),
  'services.*.health.ping': health('tcp: 1s', 'ping: 1s'),
  'services.*.health.timeout': health('http: /', 'http: /, timeout: 2s'),
  'services.*.health.port': health('tcp: 1s', 'tcp: 1s, port: 99'),
  'services.*.health.retry': health('tcp: 1s', 'tcp: 1s, retry: 3'),
  'services.*.health.pause': health('tcp: 1s', 'tcp: 1s, pause: 2s'),
  'services.*.health.inhibit': health('tcp: 1s', 'tcp: 1s, inhibit: true'),
  'services.*.quorum': service('quorum: { weight: 2 }', QUORATE),
  'services.*.quorum.up': [
    'service',
    `${QUORATE}, quorum: { weight: 2 }`,
    `${QUORATE}, quorum: { weight: 2, up: "true" }`,
  ],
  'services.*.quorum.down': [
    'service',
    `${QUORATE}, quorum: { weight: 2 }`,
    `${QUORATE}, quorum: { weight: 2, down: "true" }`,
  ],
  'services.*.alpha': service('alpha: true', QUORATE),
  'services.*.omega': service('omega: true', `${QUORATE}, quorum: { weight: 1, down: "true" }`),
  'services.*.lips': ['whole', withLips(''), withLips(', lips: [10.0.0.201]')],
  'services.*.sorry': service('sorry: www', QUORATE),
  'services.*.app': service('app: mysql'),
  snat: ['snat', undefined, ', protocols: [tcp]'],
  'snat.*.protocols': ['snat', '', ', protocols: [tcp]'],
  'snat.*.in': ['snat', '', ', in: lan'],
  'snat.*.destination': ['snat', '', ', destination: 172.16.0.0/24'],
  'snat.*.health': keeping(CHECKED, 'protocols: [tcp]'),
  'snat.*.health.timeout': checking('timeout: 2s'),
  'snat.*.health.retry': checking('retry: 3'),
  'snat.*.health.pause': checking('pause: 2s'),
  'snat.*.health.inhibit': checking('inhibit: true'),
  'snat.*.quorum': keeping('quorum: { weight: 2 }'),
  'snat.*.quorum.up': keeping('quorum: { weight: 1, up: "true" }'),
  'snat.*.quorum.down': keeping('quorum: { weight: 1, down: "true" }'),
  'snat.*.alpha': keeping('alpha: true'),
  'snat.*.omega': keeping('omega: true', `${CHECKED}, quorum: { weight: 1, down: "true" }`),
  timeouts: ['lab', '', 'timeouts: { tcp: 9s, fin: 9s, udp: 9s }\n'],
  vrrp: ['vrrp', undefined, ', advert: 2s'],
  'vrrp.*.version': ['vrrp', '', ', version: 3'],
  'vrrp.*.advert': ['vrrp', '', ', advert: 2s'],
  'vrrp.*.password': ['vrrp', '', ', password: x'],
  'vrrp.*.unicast': ['vrrp', '', ', unicast: true'],
  'vrrp.*.group': ['vrrp', '', ', group: 224.0.0.99'],
  'vrrp.*.preempt': ['vrrp', '', ', preempt: false'],
  'vrrp.*.refresh': ['vrrp', '', ', refresh: 5s'],
  'vrrp.*.sync': ['vrrp', '', ', sync: G'],
  'vrrp.*.vmac': ['vrrp', '', ', vmac: true'],
  'vrrp.*.syncdaemon': ['vrrp', '', ', syncdaemon: true'],
  'vrrp.*.track': ['vrrp', '', ', track: [{ segment: wan }]'],
  'vrrp.*.track[].script': ['vrrp', ', track: [{ segment: wan }]', ', track: [{ script: "true" }]'],
  'vrrp.*.track[].segment': ['vrrp', ', track: [{ script: "true" }]', ', track: [{ segment: wan }]'],
  'vrrp.*.track[].every': ['vrrp', ', track: [{ script: "true" }]', ', track: [{ script: "true", every: 2s }]'],
  'vrrp.*.track[].rise': ['vrrp', ', track: [{ script: "true" }]', ', track: [{ script: "true", rise: 2 }]'],
  'vrrp.*.track[].fall': ['vrrp', ', track: [{ script: "true" }]', ', track: [{ script: "true", fall: 2 }]'],
  'vrrp.*.track[].weight': ['vrrp', ', track: [{ segment: wan }]', ', track: [{ segment: wan, weight: -5 }]'],
  bgp: ['bgp', undefined, ', hold: 9s'],
  'bgp.*.peer': ['bgp', '', ', peer: 64513'],
  'bgp.*.hold': ['bgp', '', ', hold: 9s'],
  'bgp.*.keepalive': ['bgp', '', ', keepalive: 5s'],
  'bgp.*.bfd': ['bgp', '', ', bfd: {}'],
  'bgp.*.bfd.every': ['bgp', ', bfd: {}', ', bfd: { every: 100ms }'],
  'bgp.*.bfd.misses': ['bgp', ', bfd: {}', ', bfd: { misses: 5 }'],
  ospf: ['ospf', undefined, ', hello: 5s'],
  'ospf.*.area': ['ospf', '', ', area: 0.0.0.7'],
  'ospf.*.hello': ['ospf', '', ', hello: 5s'],
  'ospf.*.dead': ['ospf', '', ', dead: 50s'],
  'ospf.*.bfd': ['ospf', '', ', bfd: {}'],
  'ospf.*.bfd.every': ['ospf', ', bfd: {}', ', bfd: { every: 100ms }'],
  'ospf.*.bfd.misses': ['ospf', ', bfd: {}', ', bfd: { misses: 5 }'],
  'ospf.*.throttle': ['ospf', '', ', throttle: 1s'],
};

const fault = (more: string): Pair => [
  'steps',
  '{ fault: { inject: kill:lb } }',
  `{ fault: { inject: kill:lb, ${more} } }`,
];

/** Of what must hold: without and with, as it stands inside the braces of an expectation. */
const EXPECTED: Readonly<Record<string, readonly [without: string, wanted: string]>> = {
  master: ['answers: web', 'master: lb'],
  of: ['master: lb', 'master: lb, of: V'],
  answers: ['silent: web', 'answers: web'],
  by: ['answers: web', 'answers: web, by: rs'],
  silent: ['answers: web', 'silent: web'],
  weight: ['weight: 0, real: rs', 'weight: 1, real: rs'],
  real: ['weight: 0, real: rs, service: web', 'weight: 0, real: rs2, service: web'],
  service: ['weight: 0, real: rs', 'weight: 0, real: rs, service: web'],
  run: ['answers: web', 'run: { on: c, do: x }'],
  shows: ['answers: web', 'shows: { on: lb, do: x, file: y }'],
  within: ['answers: web', 'answers: web, within: 9s'],
  every: ['answers: web', 'answers: web, every: 1s'],
  for: ['answers: web', 'answers: web, for: 1s'],
};
/** The same of a command that is run. */
const RUN: Readonly<Record<string, string>> = {
  title: 'title: T',
  exits: 'exits: 1',
  prints: 'prints: P',
  within: 'within: 1s',
};

/** The same of what a document shows; the content of every file is `content of NAME`. */
const SHOWS: Readonly<Record<string, string>> = {
  called: 'called: { content: text }',
  without: 'without: content of y',
  besides: 'besides: more',
  driver: 'driver: dpvs',
};

/** Of every optional key that is a promise: it shows in the lab that is tested. */
const PROMISED: Readonly<Record<string, Pair>> = {
  source: ['lab', '', 'source: here\n'],
  kernel: ['lab', '', 'kernel: host\n'],
  'nodes.*.kernel': ['rs', '', ', kernel: uml'],
  needs: ['lab', '', 'needs: [netfilter]\n'],
  'nodes.*.needs': ['rs', '', ', needs: [sctp]'],
  'services.*.masquerade': service('masquerade: true'),
  'snat.*.inside': ['snat', '', ', inside: rs'],
  'snat.*.outside': ['snat', '', ', outside: www2'],
  advice: ['lab', '', 'advice: {}\n'],
  ...Object.fromEntries(
    ADVICE.map((id): [string, Pair] => [`advice.${id}`, ['lab', 'advice: {}\n', `advice: { ${id}: why }\n`]]),
  ),
  scenario: ['steps', undefined, '{ contract: web }'],
  'scenario[].contract': ['steps', '{ fault: kill:lb }', '{ contract: web }'],
  'scenario[].health': ['steps', '{ contract: sum }', '{ health: { service: sum, stop: rs } }'],
  'scenario[].failover': ['steps', '{ contract: web }', '{ failover: { service: web, kill: lb, to: lb2 } }'],
  'scenario[].fault': ['steps', '{ contract: web }', '{ fault: kill:lb }'],
  'scenario[].fault.with': [
    'steps',
    '{ fault: { inject: reload:lb/keepalived } }',
    '{ fault: { inject: reload:lb/keepalived, with: ./x.conf } }',
  ],
  'scenario[].fault.service': fault('service: web'),
  'scenario[].fault.outage': fault('outage: lasts'),
  'scenario[].fault.clients': fault('clients: c2'),
  'scenario[].fault.flows': fault('flows: 9'),
  'scenario[].fault.flow': fault('flow: breaks'),
  'scenario[].fault.sticks': [
    'steps',
    '{ fault: { inject: kill:lb, service: sum } }',
    '{ fault: { inject: kill:lb, service: sum, sticks: true } }',
  ],
  'scenario[].fault.during': fault('during: [{ silent: web }]'),
  'scenario[].fault.healed': fault('healed: [{ answers: web }]'),
  'scenario[].fault.repeat': fault('repeat: 2'),
  'scenario[].check': ['steps', '{ contract: web }', '{ check: { answers: web } }'],
  'scenario[].covers': ['steps', '{ contract: web }', '{ contract: web, covers: it }'],
  'scenario[].persistence': ['steps', '{ contract: two }', '{ persistence: two }'],
  'scenario[].run': ['steps', '{ contract: web }', '{ run: { on: c, do: x } }'],
  'scenario[].arp': ['steps', '{ contract: web }', '{ arp: { of: 10.0.0.2, from: c, replies: 1 } }'],
  'scenario[].cut': ['steps', '{ contract: web }', '{ cut: { service: web, node: rs, links: [lan], expect: silent } }'],
  ...Object.fromEntries(
    (
      [
        ['scenario[].check', (e: string) => `{ check: { ${e} } }`],
        ['scenario[].fault.during[]', (e: string) => `{ fault: { inject: kill:lb, during: [{ ${e} }] } }`],
        ['scenario[].fault.healed[]', (e: string) => `{ fault: { inject: kill:lb, healed: [{ ${e} }] } }`],
      ] as const
    ).flatMap(([prefix, step]) => [
      ...Object.entries(EXPECTED).map(([key, [without, wanted]]): [string, Pair] => [
        `${prefix}.${key}`,
        ['steps', step(without), step(wanted)],
      ]),
      ...Object.entries(RUN).map(([key, wanted]): [string, Pair] => [
        `${prefix}.run.${key}`,
        ['steps', step('run: { on: c, do: x }'), step(`run: { on: c, do: x, ${wanted} }`)],
      ]),
      ...Object.entries(SHOWS).map(([key, wanted]): [string, Pair] => [
        `${prefix}.shows.${key}`,
        ['steps', step('shows: { on: lb, do: x, file: y }'), step(`shows: { on: lb, do: x, file: y, ${wanted} }`)],
      ]),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(RUN).map(([key, wanted]): [string, Pair] => [
      `scenario[].run.${key}`,
      ['steps', '{ run: { on: c, do: x } }', `{ run: { on: c, do: x, ${wanted} } }`],
    ]),
  ),
};

/** The lab of a pair: with the part as it says, or without the whole section. */
function labOf(part: keyof Parts, more: string | undefined): Lab {
  const SECTIONS: Readonly<Record<string, RegExp>> = {
    service: /services:\n( {2}.*\n)+/,
    snat: /snat:\n( {2}.*\n)+/,
    vrrp: /vrrp:\n( {2}.*\n)+/,
    ospf: /ospf:\n( {2}.*\n)+/,
    bgp: /bgp:\n( {2}.*\n)+/,
  };
  if (more !== undefined || SECTIONS[part] === undefined) return read(text(more === undefined ? {} : { [part]: more }));
  const gone = text({}).replace(SECTIONS[part], '');
  if (part !== 'service')
    return read(part === 'snat' ? gone : gone.replace(/ {2}lb2: .*\n/, '').replaceAll(', lb2: 8', ''));
  return read(gone.replace(/(vrrp|ospf|bgp):\n( {2}.*\n)+/g, '').replaceAll(/, lips: \[[^\]]*\]/g, ''));
}

describe('every optional word', () => {
  const keys = optionalKeys(labFile);
  it('has an entry here, and no entry is without a word', () =>
    expect([...Object.keys(MADE), ...Object.keys(PROMISED)].sort()).toEqual([...keys].sort()));
  it.each(Object.entries(MADE))('%s shows in what is made', (_key, [part, without, wanted]) =>
    expect(generated(labOf(part, wanted))).not.toEqual(generated(labOf(part, without))),
  );
  it.each(Object.entries(PROMISED))('%s shows in what is promised', (_key, [part, without, wanted]) =>
    expect(labOf(part, wanted)).not.toEqual(labOf(part, without)),
  );
});
