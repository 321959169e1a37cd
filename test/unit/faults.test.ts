import { describe, expect, it } from 'vitest';
import { reigns, twoMasters } from '../../src/checks/adverts.ts';
import { crossed } from '../../src/checks/takeover.ts';
import { faults } from '../../src/faults/index.ts';
import { movesOf, splitBy, withdrawalsOf } from '../../src/faults/moves.ts';
import { formOf, parseFault } from '../../src/faults/parse.ts';
import { netemOf } from '../../src/faults/shape.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Fault } from '../../src/model/fault.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf, serviceOf } from '../../src/model/lookup.ts';
import type { LabNode } from '../../src/model/node.ts';
import type { Service } from '../../src/model/service.ts';
import type { FaultKind } from '../../src/model/words.ts';
import type { Packet } from '../../src/net/packet.ts';
import { distribution, histogram } from '../../src/report/distribution.ts';
import { crossing, flowBudget, outageBudget } from '../../src/scenario/budget.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();

function catalogue(name: string): Lab {
  const made = readLab(`labs/${name}/lab.yaml`);
  if (!made.ok) throw new Error(`labs/${name} is wrong`);
  return made.value;
}

function fault(text: string, of: Lab = lab): Fault {
  const parsed = parseFault(text, of);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('a fault', () => {
  it.each([
    ['kill:lb1', { kind: 'kill', node: 'lb1', segments: [] }],
    ['hang:lb1/keepalived', { kind: 'hang', program: 'keepalived' }],
    ['cut:lb1', { kind: 'cut', segments: ['lan'] }],
    ['loss:rs1@lan', { kind: 'loss', segments: ['lan'], amount: '10%' }],
    ['delay:lb1=200ms', { kind: 'delay', amount: '200ms' }],
    ['partition:lb1+lb2', { kind: 'partition', other: 'lb2' }],
    ['poison:rs2=192.168.100.254', { kind: 'poison', amount: '192.168.100.254' }],
  ])('%s is read', (text, expected) => expect(fault(text)).toMatchObject({ text, ...expected }));

  it.each([
    ['kil:lb1', /there is no fault "kil"; did you mean "kill"\?/],
    ['kill', /invalid fault "kill"; a fault is written as kill:NODE/],
    ['kill:lb3', /there is no node "lb3"/],
    ['pause:lb1/nginx', /invalid form of pause: "pause:lb1\/nginx"; write pause:NODE/],
    ['hang:lb1', /write hang:NODE\/PROGRAM/],
    ['cut:lb1@wan', /"lb1" has no card on segment "wan"/],
    ['partition:lb1', /write partition:NODE\+NODE/],
    ['loss:lb1=lots', /loss needs a share such as 10%/],
    ['poison:rs2', /poison needs the IPv4 address that it claims/],
    ['kill:lb1=5', /kill takes no amount/],
    ['drain:client', /"client" is a real server of no service/],
    ['withdraw:lb1', /"lb1" announces no VIP by OSPF/],
  ])('%s is refused, with what to write', (text, told) => {
    const parsed = parseFault(text, lab);
    expect(parsed.ok ? '' : parsed.error).toMatch(told);
  });

  it('that shapes a wire does so beside the others on it, the newest of each kind', () => {
    const all = ['delay:lb1=50ms', 'duplicate:lb1=5%', 'rate:rs1=1mbit', 'kill:rs2', 'delay:lb1=80ms'].map((text) => {
      const made = fault(text);
      return { fault: made, story: faults[made.kind] };
    });
    expect(netemOf(all, 'lb1', 'lan')).toBe('netem limit 10000 duplicate 5% delay 80ms');
    expect(netemOf(all.slice(0, -1), 'lb1', 'lan')).toBe('netem limit 10000 duplicate 5% delay 50ms');
    expect(netemOf(all, 'rs1', 'lan')).toBe('netem limit 10000 rate 1mbit');
    expect([netemOf(all, 'rs2', 'lan'), netemOf(all, 'lb1', 'wan')]).toEqual(['', '']);
  });

  it('of every kind can be written as its own form says', () => {
    for (const kind of Object.keys(faults) as FaultKind[]) expect(formOf(kind)).toMatch(new RegExp(`^${kind}:[A-Z]`));
  });
});

describe('what a fault takes from a director', () => {
  const taken = (text: string, of = lab) =>
    movesOf(of, fault(text, of)).map((m) => `${m.vrrp.name} ${m.to.name}${m.resigned ? ' at once' : ''}`);
  it.each([
    ['kill:lb1', ['VI_1 lb2']],
    ['pause:lb1', ['VI_1 lb2']],
    ['stop:lb1/keepalived', ['VI_1 lb2 at once']],
    ['cut:lb1@lan', ['VI_1 lb2']],
    ['kill:lb2', []],
    ['kill:lb1/nginx', []],
    ['deaf:lb1', []],
    ['partition:lb1+lb2', []],
  ])('%s', (text, expected) => expect(taken(text)).toEqual(expected));
  it('is both instances of a group, and of two on their own only the one on the wire', () => {
    expect(taken('cut:director1@wan', catalogue('nat-mysql'))).toEqual(['VI_1 director2', 'VI_GATEWAY director2']);
    expect(taken('cut:lb1@wan', catalogue('nat-keepalived'))).toEqual(['VI_1 lb2']);
  });
  it('is one master too many in a partition', () =>
    expect(splitBy(lab, fault('partition:lb1+lb2')).map((v) => v.name)).toEqual(['VI_1']));
  it.each([
    ['kill:lb1', { told: false, seenByBfd: true }],
    ['hang:lb1/ospfd', { told: false, seenByBfd: false }],
    ['withdraw:lb1', { told: true }],
  ])('announces no more by OSPF after %s', (text, expected) => {
    const of = catalogue('fnat-ospf-bfd');
    expect(withdrawalsOf(of, fault(text, of))).toMatchObject([{ from: 'lb1', ...expected }]);
  });
  it.each([
    ['hang:lb1/ospf6d', [{ domain: { name: 'wan6' }, told: false, seenByBfd: false }]],
    ['hang:lb1/ospfd', [{ domain: { name: 'wan4' }, told: false, seenByBfd: false }]],
    ['cut:lb1@lan', [{ quorum: [{ name: 'six' }] }, { quorum: [{ name: 'four' }] }]],
    ['deaf:lb1@lan', [{ told: true }, { told: true }]],
    ['loss:lb1@lan', []],
    ['cut:rs1', []],
  ])('leaves the domains that it takes part in after %s', (text, expected) => {
    const of = catalogue('dr-ospf6');
    expect(withdrawalsOf(of, fault(text, of))).toMatchObject(expected);
  });
  it('of quorum is known only if the director takes off every VIP of the domain', () => {
    const of = catalogue('dr-ospf6');
    const [six, four] = of.services;
    const mute = (quorum?: Service['quorum']) =>
      withdrawalsOf({ ...of, services: [{ ...six, quorum } as Service, four as Service] }, fault('cut:lb1@lan', of))
        .length;
    expect([mute(six?.quorum), mute({ weight: 1, down: 'logger lost' }), mute(undefined)]).toEqual([2, 1, 1]);
  });
  it.each([
    ['kill:lb1', { told: false, seenByBfd: true }],
    ['kill:lb1/bgpd', { told: true }],
    ['stop:lb1/bgpd', { told: true }],
    ['hang:lb1/bgpd', { told: false, seenByBfd: false }],
    ['withdraw:lb1', { told: true }],
    ['drain:lb1', { told: true }],
  ])('announces no more by BGP after %s', (text, expected) => {
    const of = catalogue('dr-bgp');
    expect(withdrawalsOf(of, fault(text, of))).toMatchObject([{ from: 'lb1', ...expected }]);
  });
});

describe('what clients may go without', () => {
  const budget = (text: string, of = lab, name = of.services[0]?.name ?? '') => {
    const made = fault(text, of);
    return outageBudget(of, serviceOf(of, name), made, movesOf(of, made));
  };
  it.each([
    ['kill:lb1', 3687.5],
    ['stop:lb1/keepalived', 687.5],
    ['kill:lb2', 0],
    ['drain:rs1', 0],
    ['stop:rs1/nginx', 3000 + 2 * 1000],
    ['reset:rs1', 3000 + 2 * 1000],
    ['kill:rs1', 3000 + 2 * 1000 + 3 * 3000],
  ])('%s: %d ms', (text, ms) => expect(budget(text)?.ms).toBe(ms));
  it.each(['loss:lb1', 'starve:lb1', 'halfopen:rs1', 'pause:rs1', 'slow:rs1'])('%s: nothing bounds it', (text) =>
    expect(budget(text)).toBeUndefined(),
  );
  it('counts the dead interval, BFD where it sees more, and what throttles', () => {
    expect(budget('kill:lb1', catalogue('fnat-ospf'))?.ms).toBe(40_000 + 2 * 5000);
    expect(budget('kill:lb1', catalogue('fnat-ospf-bfd'))?.ms).toBe(900 + 2 * 50);
    expect(budget('hang:lb1/ospfd', catalogue('fnat-ospf-bfd'))?.ms).toBe(4000 + 2 * 50);
  });
  it('counts how a director notices that its quorum is lost', () =>
    expect(budget('cut:lb1@lan', catalogue('dr-ospf6'))?.words).toBe(
      'quorum lost: every 1.00 s + 1 retries × 1.00 s + 2 timeouts × 1.00 s + LSA and SPF throttle 2 × 50 ms',
    ));
  it('counts the hold time of BGP, or BFD where it sees more', () => {
    const bgp = catalogue('dr-bgp');
    expect(budget('kill:lb1', bgp)?.words).toBe('BFD 2 × 600 ms + BGP tells at once');
    expect(budget('hang:lb1/bgpd', bgp)?.ms).toBe(6000);
    expect(budget('withdraw:lb1', bgp)?.ms).toBe(0);
  });
  it('is nothing under a reload', () =>
    expect(budget('reload:lb1/keepalived')).toMatchObject({ ms: 0, lossless: true }));
  it('is more for a flow of datagrams whose director drops them until its entry expires', () => {
    const of = catalogue('udp-flow');
    const flow = (sysctl: string, more: Partial<Lab> = {}) => {
      const nodes = of.nodes.map((n) => (n.kind === 'director' ? { ...n, sysctls: { [sysctl]: '1' } } : n));
      const changed = { ...of, nodes, ...more };
      const made = fault('kill:rs1', changed);
      return flowBudget(changed, serviceOf(changed, 'log'), made, { ms: 100, words: '' }).ms;
    };
    expect(flow('net.ipv4.vs.expire_nodest_conn')).toBe(100);
    expect(flow('net/ipv4/vs/expire_nodest_conn')).toBe(100);
    expect(flow('net.ipv4.vs.conntrack')).toBe(100 + 300_000 + 2500);
    expect(flow('net.ipv4.vs.conntrack', { timeouts: { tcp: 9000, fin: 9000, udp: 5000 } })).toBe(100 + 5000 + 2500);
  });
  it('is that of the service’s own instances, whose skew counts in adverts under version 3, in seconds under version 2', () => {
    const vrrp = catalogue('vrrp');
    expect(budget('kill:lb1', vrrp, 'quick')?.words).toBe('3 × 200 ms + (256 − 80)/256 × 200 ms');
    expect(budget('kill:lb1', vrrp, 'unicast')?.words).toBe('3 × 1.00 s + (256 − 80)/256 × 1.00 s');
  });
});

describe('who was master when', () => {
  const advert = (node: string, at: number, priority = 100): Packet =>
    ({
      kind: 'vrrp',
      at: at * 1000,
      segment: 'lan',
      srcMac: lab.nodes.find((n) => n.name === node)?.interfaces[0]?.mac ?? '',
      id: 123,
      priority,
    }) as Packet;
  const [vrrp] = lab.vrrp;
  if (!vrrp) throw new Error('no instance');
  it('is told by stretches of adverts', () => {
    const seen = [0, 1000, 2000].map((at) => advert('lb1', at));
    seen.push(advert('lb1', 2100, 0), advert('lb2', 5000, 80), advert('lb2', 6000, 80));
    expect(reigns(lab, vrrp, seen)).toEqual([
      { node: 'lb1', from: 0, to: 2_000_000 },
      { node: 'lb2', from: 5_000_000, to: 6_000_000 },
    ]);
    expect(twoMasters(reigns(lab, vrrp, seen))).toBe(0);
  });
  it('and clients believe whom they heard last', () => {
    const [lb1, lb2] = ['lb1', 'lb2'].map((n) => nodeOf(lab, n)) as [LabNode, LabNode];
    const garp = (node: string, at: number): Packet =>
      ({ ...advert(node, at), kind: 'arp', sender: '192.168.100.254', target: '192.168.100.254' }) as Packet;
    expect(crossed(vrrp, lb2, lb1, [garp('lb2', 1), garp('lb1', 2), garp('lb1', 3)])).toBe(false);
    expect(crossed(vrrp, lb2, lb1, [garp('lb2', 1), garp('lb1', 2), garp('lb2', 3)])).toBe(true);
    expect(crossed(vrrp, lb2, lb1, [garp('lb2', 1)])).toBe(false);
    expect(crossing({ ms: 1000, words: 'one advert' }, 'lb2')).toEqual({
      ms: 6000,
      words: 'one advert + garp_master_delay 5.00 s, because lb2 announced its addresses again after that',
    });
  });
  it('and for how long there were two', () => {
    const seen = [0, 1000, 2000].flatMap((at) => [advert('lb1', at), advert('lb2', at + 500, 80)]);
    expect(twoMasters(reigns(lab, vrrp, seen))).toBe(1500);
  });
});

describe('a distribution', () => {
  it('takes its figures by nearest rank', () => {
    const values = Array.from({ length: 20 }, (_, i) => 20 - i);
    expect(distribution(values)).toMatchObject({ runs: 20, min: 1, median: 10, p95: 19, max: 20 });
    expect(distribution([])).toBeUndefined();
  });
  it('has every value in one bar', () => {
    const of = distribution([1, 2, 2, 3, 11]);
    if (!of) throw new Error('none');
    const bars = histogram(of, 10);
    expect(bars.map((b) => b.count)).toEqual([1, 2, 1, 0, 0, 0, 0, 0, 0, 1]);
    const one = distribution([5, 5]);
    expect(one && histogram(one, 10)).toEqual([{ from: 5, to: 5, count: 2 }]);
  });
});
