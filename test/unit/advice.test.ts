import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adviceOn } from '../../src/advice/advise.ts';
import { adviceReference } from '../../src/advice/index.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { labNames } from '../../src/lab/names.ts';
import { findLabFile, readLabFile } from '../../src/lab/read.ts';
import { ADVICE, type AdviceId } from '../../src/model/words.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-advice-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The IDs and places of the advice about a lab, with other files of its folder. */
function advised(yaml: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  for (const [name, text] of Object.entries({ ...files, 'lab.yaml': yaml })) writeFileSync(join(folder, name), text);
  const read = readLabFile(join(folder, 'lab.yaml'));
  if (!read.ok) throw new Error(read.error.map(formatDiagnostic).join('\n'));
  return adviceOn(read.value).map((a) => {
    const name = a.file.slice(a.file.lastIndexOf('/') + 1);
    const marked = a.source?.slice((a.place?.column ?? 1) - 1).slice(0, a.place?.length);
    return `${a.id} ${name}:${a.place?.line} ${marked}`;
  });
}

/** A pair of directors on one segment. */
const pair = ({ vrrp = '', service = '', lb2 = '', priorities = '{ lb1: 100, lb2: 80 }', more = '' } = {}) => `lab: x
segments: { lan: 10.0.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb1: { kind: director, lan: 10.0.0.1 }
  lb2: { kind: director, lan: 10.0.0.2${lb2} }
  rs: { kind: realserver, lan: 10.0.0.3 }
services:
  web: { vip: 10.0.0.100, port: 80, mode: dr, reals: { rs: 1 }${service} }
vrrp:
  V: { on: lan, id: 1, priorities: ${priorities}, addresses: [web]${vrrp} }
${more}`;
const script = (weight: number) => `, track: [{ script: "true", weight: ${weight} }]`;

const KEEPALIVED = ', keepalived: ./k.conf';
const conf = (instance: string, rest = '') => ({
  'k.conf': `vrrp_instance V {
  interface eth0
  virtual_router_id 1
  ${instance}
  virtual_ipaddress { 10.0.0.100 }
}
${rest}`,
});
const own = (instance: string, rest = '') => advised(pair({ lb2: KEEPALIVED }), conf(instance, rest));
const real = (method: string, port: number) =>
  own(
    'priority 80',
    `virtual_server 10.0.0.100 80 {
  lvs_method ${method}
  real_server 10.0.0.3 ${port} {
  }
}
`,
  );

/** A NAT director between a client and a real server. */
const nat = ({ rs = 'lan: 172.16.0.3, routes: { default: 172.16.0.1 }', service = '' } = {}) => `lab: x
segments: { net: 10.0.0.0/24, lan: 172.16.0.0/24 }
nodes:
  c: { kind: client, net: 10.0.0.9 }
  lb: { kind: director, net: 10.0.0.1, lan: 172.16.0.1 }
  gw: { kind: switch, net: 10.0.0.2, lan: 172.16.0.2 }
  rs: { kind: realserver, ${rs} }
services:
  web: { vip: 10.0.0.100, port: 80, mode: nat, reals: { rs: 1 }${service} }
`;

/** Of each rule: what it speaks of and where, and what is nearly so. */
const CASES: Readonly<
  Record<
    AdviceId,
    { speaks: readonly (readonly [() => readonly string[], string])[]; silent: readonly (() => readonly string[])[] }
  >
> = {
  'equal-priorities': {
    speaks: [
      [() => advised(pair({ priorities: '{ lb1: 90, lb2: 90 }' })), 'lab.yaml:11 90'],
      [() => own('priority 100'), 'k.conf:4 priority 100'],
    ],
    silent: [() => advised(pair({ priorities: '{ lb1: 90, lb2: 89 }' })), () => own('priority 99')],
  },
  'track-weight': {
    speaks: [
      [() => advised(pair({ vrrp: script(-20) })), 'lab.yaml:11 {'],
      [
        () =>
          own('priority 110\n  track_script {\n    s\n  }', 'vrrp_script s {\n  script "/bin/true"\n  weight 10\n}\n'),
        'k.conf:6 s',
      ],
    ],
    silent: [
      () => advised(pair({ vrrp: script(-21) })),
      () => advised(pair({ vrrp: ', track: [{ script: "true" }]' })),
      () => own('priority 110\n  track_interface {\n    eth0 weight -11\n  }'),
    ],
  },
  'nopreempt-weight': {
    speaks: [[() => advised(pair({ vrrp: `${script(-50)}, preempt: false` })), 'lab.yaml:11 {']],
    silent: [
      () => advised(pair({ vrrp: script(-50) })),
      () => advised(pair({ vrrp: ', track: [{ script: "true" }], preempt: false' })),
    ],
  },
  'nopreempt-master': {
    speaks: [[() => own('state MASTER\n  priority 80\n  nopreempt'), 'k.conf:6 nopreempt']],
    silent: [() => own('state BACKUP\n  priority 80\n  nopreempt'), () => own('state MASTER\n  priority 80')],
  },
  'advert-differs': {
    speaks: [[() => own('priority 80\n  advert_int 2'), 'k.conf:5 advert_int 2']],
    silent: [() => own('priority 80\n  advert_int 1'), () => own('priority 80')],
  },
  'slow-health': {
    speaks: [[() => advised(pair({ service: ', health: { tcp: 3s, every: 1s }' })), 'lab.yaml:9 health']],
    silent: [() => advised(pair({ service: ', health: { tcp: 500ms, every: 1s, retry: 0 }' }))],
  },
  'mapped-port': {
    speaks: [
      [() => real('DR', 8080), 'k.conf:9 real_server 10.0.0.3 8080 {'],
      [() => real('TUN', 8080), 'k.conf:9 real_server 10.0.0.3 8080 {'],
    ],
    silent: [() => real('DR', 80), () => real('NAT', 8080)],
  },
  'nat-client-segment': {
    speaks: [[() => advised(nat({ rs: 'net: 10.0.0.3, routes: { default: 10.0.0.1 }' })), 'lab.yaml:7 rs']],
    silent: [
      () => advised(nat()),
      () => advised(nat({ rs: 'net: 10.0.0.3, routes: { 10.0.0.9/32: 10.0.0.1 }' })),
      () => advised(nat({ rs: 'net: 10.0.0.3', service: ', masquerade: true' })),
      () => advised(nat({ rs: 'net: 10.0.0.3' }).replace('mode: nat', 'mode: dr')),
    ],
  },
  'route-around': {
    speaks: [
      [() => advised(nat({ rs: 'lan: 172.16.0.3, routes: { default: 172.16.0.2 }' })), 'lab.yaml:7 172.16.0.2'],
      [() => advised(nat({ rs: 'lan: 172.16.0.3' })), 'lab.yaml:7 rs'],
    ],
    silent: [
      () => advised(nat()),
      () => advised(nat({ rs: 'lan: 172.16.0.3, routes: { default: 172.16.0.2, 10.0.0.0/24: 172.16.0.1 }' })),
    ],
  },
};

describe.each(ADVICE)('advice %s', (id) => {
  const of = (all: readonly string[]) => all.filter((text) => text.startsWith(`${id} `));
  it.each(CASES[id].speaks)('speaks at its place (%#)', (find, at) => expect(of(find())).toEqual([`${id} ${at}`]));
  it.each(CASES[id].silent)('is silent about what is nearly so (%#)', (find) => expect(of(find())).toEqual([]));
});

describe('advice', () => {
  it('is turned off with a reason, and only what is named', () => {
    const off = 'advice: { equal-priorities: whoever is master stays it }\n';
    const yaml = pair({ priorities: '{ lb1: 90, lb2: 90 }', service: ', health: { tcp: 3s, every: 1s }', more: off });
    expect(advised(yaml)).toEqual(['slow-health lab.yaml:9 health']);
  });

  it.each([
    ['equal-priority: x', 'unknown key "equal-priority"; did you mean "equal-priorities"?'],
    ['equal-priorities: ""', 'expected the reason, in words'],
  ])('that is turned off wrongly is a mistake: %s', (text, message) =>
    expect(() => advised(pair({ more: `advice: { ${text} }\n` }))).toThrow(message),
  );

  it('reads what the configuration includes of the node’s files', () => {
    const lb2 = `${KEEPALIVED}, files: { /etc/keepalived/conf.d/a.conf: ./a.conf }`;
    const files = {
      'k.conf': 'include conf.d/*.conf\n',
      'a.conf':
        '@lb1 x\nvrrp_instance V {\n  virtual_router_id 1\n  priority 100\n  virtual_ipaddress { 10.0.0.100 }\n}\n',
    };
    expect(advised(pair({ lb2 }), files)).toEqual(['equal-priorities a.conf:4 priority 100']);
  });

  it('is in docs/advice.md', () => expect(adviceReference()).toMatchFileSnapshot('../../docs/advice.md'));
});

describe.each(labNames())('the lab %s', (name) => {
  const read = readLabFile(findLabFile(name));
  if (!read.ok) throw new Error(read.error.map(formatDiagnostic).join('\n'));
  const { lab } = read.value;
  it('gives no cause for advice, or says why', () => expect(adviceOn(read.value)).toEqual([]));
  it('turns off only what would speak', () => {
    const { advice = {}, ...rest } = lab;
    const spoken = new Set(adviceOn({ ...read.value, lab: rest }).map((a) => a.id));
    expect(Object.keys(advice).filter((id) => !spoken.has(id as AdviceId))).toEqual([]);
  });
});
