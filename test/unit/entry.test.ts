import { describe, expect, it } from 'vitest';
import {
  belongs,
  distinctEntries,
  entriesFor,
  entryName,
  entryWords,
  findEntry,
  rowsAsAnswered,
} from '../../src/drivers/entry.ts';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { ipvs } from '../../src/drivers/ipvs/driver.ts';
import { parseConnections, parseTable } from '../../src/drivers/ipvsadm.ts';
import { keepalivedConf } from '../../src/drivers/keepalived-conf.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { partOf } from '../../src/layout/part-of.ts';
import type { Lab } from '../../src/model/lab.ts';
import { askedPorts, byMode, nodeOf, serviceOf } from '../../src/model/lookup.ts';
import { mistakesOf, NO_FILES } from './lab.ts';

const REALS = 'reals: { rs1: 1, rs2: 1 }';
const head = (lb = '', rs = '') => `lab: x
segments: { lan: [10.0.0.0/24, "fd00::/64"], far: 10.1.0.0/24 }
nodes:
  client: { kind: client, lan: [10.0.0.9, "fd00::9"] }
  lb: { kind: director, lan: [10.0.0.1, "fd00::1"]${lb} }
  gw: { kind: switch, lan: 10.0.0.254, far: 10.1.0.254 }
  rs1: { kind: realserver, lan: [10.0.0.2, "fd00::2"]${rs} }
  rs2: { kind: realserver, lan: [10.0.0.3, "fd00::3"]${rs} }
  rs3: { kind: realserver, far: 10.1.0.4, routes: { default: 10.1.0.254 } }
services:
`;

function labOf(services: string, lb?: string, rs?: string): Lab {
  const source = readSource('lab.yaml', Buffer.from(head(lb, rs) + services));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(JSON.stringify(lab.error));
  return lab.value;
}
const conf = (lab: Lab) => keepalivedConf(lab, nodeOf(lab, 'lb'), DIALECT);
const wrong = (services: string, lb?: string, rs?: string) => mistakesOf(head(lb, rs) + services).join('\n');

const ALL = `  all: { vip: 10.0.0.100, port: 0, mode: dr, persistence: 60s, ${REALS} }\n`;
const site = (name: string, port: number, more = `mode: dr, persistence: 60s, ${REALS}`) =>
  `  ${name}: { vip: 10.0.0.100, port: ${port}, mark: 7, ${more} }\n`;

describe('a service for every port', () => {
  const lab = labOf(ALL);
  const all = serviceOf(lab, 'all');
  it('is port 0 in keepalived.conf and in the commands', () => {
    expect(conf(lab)).toContain('virtual_server 10.0.0.100 0 {');
    expect(conf(lab)).toContain('real_server 10.0.0.2 0 {');
    const real = all.reals[0];
    const control = ipvs.control(async () => '', nodeOf(lab, 'lb'));
    expect(real && control.removeServer(all, real).join(' ')).toBe('ipvsadm -d -t 10.0.0.100:0 -r 10.0.0.2:0');
  });
  it('is asked on two usual ports, on which its real servers answer', () => {
    expect(askedPorts(all)).toEqual([80, 8080]);
    expect(JSON.stringify(partOf(lab, nodeOf(lab, 'rs1')).files)).toMatch(/listen 80 .*listen 8080 /);
  });
  it('is asked on the ports that all real servers list, and not on those of another service of the VIP', () => {
    const own = `  own: { vip: 10.0.0.100, port: 443, mode: dr, ${REALS} }\n`;
    const listed = labOf(ALL + own, '', ', serve: [443/tcp, 21/tcp, 8000/tcp]');
    expect(askedPorts(serviceOf(listed, 'all'))).toEqual([21, 8000]);
    expect(askedPorts(serviceOf(labOf(ALL + own.replace('443', '80')), 'all'))).toEqual([8080, 8000]);
  });
  it.each([
    [ALL.replace('persistence: 60s, ', ''), '', '', /takes only with persistence; add persistence: 60s/],
    [ALL.replace('rs1: 1', 'rs1: { weight: 1, port: 81 }'), '', '', /leave its port out/],
    [ALL.replace('mode: dr', 'mode: fnat'), ', lips: [10.0.0.200]', '', /translates port by port/],
    [ALL.replace('mode: dr', 'mode: dr, app: mysql'), '', '', /mysql does not listen on several/],
    [ALL.replace('mode: dr', 'mode: dr, mark: 7'), '', '', /one service with this mark for each of them/],
    [ALL, ', driver: dpvs', '', /takes no port 0 here/],
  ])('%s is a mistake', (services, lb, rs, what) => expect(wrong(services, lb, rs)).toMatch(what));
  it('is a mistake if its real servers list no port in common', () =>
    expect(mistakesOf(head('', ', serve: [21/tcp]').replace('21/tcp', '22/tcp') + ALL).join('\n')).toMatch(
      /no tcp port that all of them serve/,
    ));
});

describe('services with one mark', () => {
  const lab = labOf(
    `${site('a', 80)}${site('b', 81)}  six: { vip: "fd00::100", port: 80, mark: 7, mode: dr, ${REALS} }\n`,
  );
  const [a, b] = [serviceOf(lab, 'a'), serviceOf(lab, 'b')];
  it('are one entry for each family', () => {
    expect(conf(lab).match(/virtual_server .*/g)).toEqual(['virtual_server fwmark 7 {', 'virtual_server fwmark 7 {']);
    expect(conf(lab).match(/ip_family inet6/g)).toHaveLength(1);
    expect(distinctEntries(lab.services).map((s) => entryWords(entryName(s)))).toEqual(['fwm 7', 'fwm 7 IPv6']);
  });
  it('are marked on a director without a script', () =>
    expect(partOf(lab, nodeOf(lab, 'lb')).tc).toEqual([
      'qdisc replace dev eth0 clsact',
      ...[80, 81].map(
        (port) =>
          `filter add dev eth0 ingress prio 4 protocol ip flower dst_ip 10.0.0.100 ip_proto tcp dst_port ${port} action skbedit mark 7 pipe action ok`,
      ),
      'filter add dev eth0 ingress prio 14 protocol ipv6 flower dst_ip fd00::100 ip_proto tcp dst_port 80 action skbedit mark 7 pipe action ok',
    ]));
  it('must agree, each key at its place', () => {
    expect(wrong(site('a', 80) + site('b', 81, `mode: dr, ${REALS}`))).toMatch(/"a" has other persistence/);
    expect(wrong(site('a', 80) + site('b', 81, 'mode: dr, persistence: 60s, reals: { rs1: 1 }'))).toMatch(
      /"a" has other real servers/,
    );
  });
  it('may map ports without persistence only', () => {
    const mapped = (more: string) => site('a', 80, `mode: nat, ${more}reals: { rs1: { weight: 1, port: 8080 } }`);
    expect(conf(labOf(mapped('')))).toContain('real_server 10.0.0.2 8080');
    expect(wrong(mapped('persistence: 9s, '))).toMatch(/leaves the port of a packet \(80\) as it is/);
  });
  it('are refused for DPVS', () => expect(wrong(site('a', 80), ', driver: dpvs')).toMatch(/without a firewall mark/));
  it('have templates with the mark in place of an address', () => {
    const told = parseConnections(`IPVS connection entries
pro expire state       source             virtual            destination
IP  00:59  NONE        10.0.0.9:0         0.0.0.7:0          10.0.0.2:0
IP  00:59  NONE        [fd00::9]:0        [0:7::]:0          [fd00::2]:0
TCP 01:59  FIN_WAIT    10.0.0.9:999       10.0.0.100:80      10.0.0.2:80
`);
    expect(told.map((t) => belongs(t, a))).toEqual([true, false, false]);
    expect(told.map((t) => belongs(t, serviceOf(lab, 'six')))).toEqual([false, true, false]);
    expect(belongs({ client: '', clientPort: 0, address: '10.0.0.100', port: 0 }, b)).toBe(false);
  });
});

describe('the entry that takes a service', () => {
  const web = serviceOf(labOf(`  web: { vip: 10.0.0.100, port: 80, mode: dr, persistence: 60s, ${REALS} }\n`), 'web');
  const row = (address: string, port: number, forward = 'Route') => `  -> ${address}:${port} ${forward} 1 0 0\n`;
  const rows = (port: number) => row('10.0.0.2', port) + row('10.0.0.3', port);
  const found = (table: string, service = web) => {
    const entry = findEntry(parseTable(table), service);
    return entry && [entryWords(entry.entry), ...rowsAsAnswered(entry).map((r) => `${r.address}:${r.port}`)];
  };
  const ANSWERED = ['10.0.0.2:80', '10.0.0.3:80'];
  it('is its own, even beside others', () =>
    expect(
      found(`FWM  7 rr\n${rows(0)}TCP  10.0.0.100:0 rr persistent 60\n${rows(0)}TCP  10.0.0.100:80 rr\n${rows(80)}`),
    ).toEqual(['tcp 10.0.0.100:80', ...ANSWERED]));
  it('is the one for every port of its VIP, or a mark that leads to its real servers', () => {
    expect(found(`TCP  10.0.0.100:0 rr persistent 60\n${rows(0)}`)).toEqual(['tcp 10.0.0.100:0', ...ANSWERED]);
    expect(found(`FWM  9 rr\n${row('10.0.0.2', 0)}FWM  7 rr persistent 60\n${rows(80)}`)).toEqual([
      'fwm 7',
      ...ANSWERED,
    ]);
    expect(found(`FWM  7 rr persistent 60\n${rows(81)}`)).toEqual(['fwm 7', ...ANSWERED]);
  });
  it('is neither of another VIP, protocol or family, nor of other real servers', () => {
    expect(found(`TCP  10.0.0.101:0 rr persistent 60\n${rows(0)}`)).toBeUndefined();
    expect(found(`UDP  10.0.0.100:0 rr persistent 60\n${rows(0)}`)).toBeUndefined();
    expect(found(`FWM  7 IPv6 rr\n${rows(0)}`)).toBeUndefined();
    expect(found(`FWM  7 rr\n${row('10.0.0.7', 0)}`)).toBeUndefined();
  });
  it('maps the port that NAT without persistence lists under a mark', () =>
    expect(found(`FWM  7 rr\n${row('10.0.0.2', 8080, 'Masq')}${row('10.0.0.3', 0, 'Masq')}`)).toEqual([
      'fwm 7',
      '10.0.0.2:8080',
      '10.0.0.3:80',
    ]));
  it('is restored as the table has it', () => {
    const entry = findEntry(parseTable(`TCP  10.0.0.100:0 rr persistent 60\n${row('10.0.0.2', 0, 'Tunnel')}`), web);
    expect(entry?.service.reals[0]).toMatchObject({ listed: 0, mode: 'tun' });
  });
  it('is only of its own name if the lab says port 0 or a mark', () => {
    const all = serviceOf(labOf(ALL), 'all');
    expect(found(`TCP  10.0.0.100:80 rr\n${rows(80)}`, all)).toBeUndefined();
    expect(found(`FWM  7 rr persistent 60\n${rows(0)}`, serviceOf(labOf(site('a', 80)), 'a'))).toEqual([
      'fwm 7',
      ...ANSWERED,
    ]);
    expect(found(`FWM  8 rr persistent 60\n${rows(0)}`, serviceOf(labOf(site('a', 80)), 'a'))).toBeUndefined();
  });
  it('may be one of several marks', () =>
    expect(entriesFor(parseTable(`FWM  7 rr\n${rows(0)}FWM  8 rr\n${rows(0)}`), web)).toHaveLength(2));
});

describe('real servers with modes of their own', () => {
  const text = (reals: string, mode = 'tun') =>
    `  web: { vip: 10.0.0.100, port: 80, mode: ${mode}, reals: { ${reals} } }\n`;
  const lab = labOf(text('rs1: { weight: 1, mode: dr }, rs2: { weight: 1, mode: tun }, rs3: 1'));
  const web = serviceOf(lab, 'web');
  it('are parts of the service', () =>
    expect(byMode(web).map((s) => [s.mode, s.reals.map((r) => r.node)])).toEqual([
      ['dr', ['rs1']],
      ['tun', ['rs2', 'rs3']],
    ]));
  it('have lvs_method in keepalived.conf, where it differs', () => {
    expect(conf(lab)).toMatch(/lb_kind TUN[\s\S]*real_server 10.0.0.2 80 \{\s+weight 1\s+lvs_method DR\s+\}/);
    expect(conf(lab).match(/lvs_method/g)).toHaveLength(1);
  });
  it('hold the VIP as their mode needs it, and get their weight back in it', () => {
    expect(partOf(lab, nodeOf(lab, 'rs1')).ip.join()).toMatch(/10\.0\.0\.100\/32 dev lo/);
    expect(partOf(lab, nodeOf(lab, 'rs3')).ip.join()).toMatch(/10\.0\.0\.100\/32 dev tunl0/);
    const [rs1] = web.reals;
    const control = ipvs.control(async () => '', nodeOf(lab, 'lb'));
    expect(rs1 && control.setWeight(web, rs1, 0).join(' ')).toBe('ipvsadm -e -t 10.0.0.100:80 -r 10.0.0.2:80 -g -w 0');
  });
  it.each([
    [text('rs1: 1, rs3: { weight: 1, mode: dr }'), '', /:1[0-9]:\d+ in dr .* shares no segment with rs3/],
    [text('rs1: { weight: 1, mode: fnat }'), ', lips: [10.0.0.200]', /Full-NAT is for a whole service/],
    [text('rs1: { weight: 1, mode: dr, port: 81 }', 'nat'), '', /dr does not change the port \(80\)/],
    [text('rs1: { weight: 1, mode: dr }, rs2: 1'), ', driver: dpvs', /a service has one mode here/],
  ])('%s is a mistake', (services, lb, what) => expect(wrong(services, lb)).toMatch(what));
});

describe('one-packet scheduling', () => {
  const log = (more: string) => `  log: { vip: 10.0.0.100, port: 514, ops: true, ${more}, ${REALS} }\n`;
  it('is in keepalived.conf, and a flag of the table', () => {
    const lab = labOf(log('protocol: udp, mode: dr'));
    expect(conf(lab)).toMatch(/^ {4}ops$/m);
    expect(ipvs.shows(serviceOf(lab, 'log')).flags).toEqual(['ops']);
  });
  it.each([
    [log('mode: dr'), '', /service "log" is TCP; add protocol: udp/],
    [
      log('protocol: udp, mode: nat'),
      '',
      /keeps no connection by which it could translate a reply, and nat needs that; use dr or tun/,
    ],
    [log('protocol: udp, mode: dr'), ', driver: dpvs', /no one-packet scheduling here/],
  ])('%s is a mistake', (services, lb, what) => expect(wrong(services, lb)).toMatch(what));
});
