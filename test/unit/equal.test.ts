import { describe, expect, it } from 'vitest';
import { masterCheck } from '../../src/checks/adverts.ts';
import type { Bed } from '../../src/checks/bed.ts';
import { keepsCheck, takeoverCheck } from '../../src/checks/takeover.ts';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { keepalivedConf } from '../../src/drivers/keepalived-conf.ts';
import { heirsOf, movesOf } from '../../src/faults/moves.ts';
import { parseFault } from '../../src/faults/parse.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { found, macsOf, nodeOf } from '../../src/model/lookup.ts';
import { mistakesOf, NO_FILES } from './lab.ts';

const file = (priorities: string, more = '', step = '') => `lab: equal
segments: { lan: 10.20.0.0/24 }
nodes:
  client: { kind: client, lan: 10.20.0.48 }
  lb1: { kind: director, lan: 10.20.0.11 }
  lb2: { kind: director, lan: 10.20.0.12 }
  lb3: { kind: director, lan: 10.20.0.13 }
  rs1: { kind: realserver, lan: 10.20.0.2 }
services: { web: { vip: 10.20.0.100, port: 80, mode: dr, reals: { rs1: 1 } } }
vrrp: { VI: { on: lan, id: 51, priorities: ${priorities}, addresses: [web]${more} } }
${step === '' ? '' : `scenario:\n  - ${step}\n`}`;

function labOf(...texts: Parameters<typeof file>): Lab {
  const source = readSource('lab.yaml', Buffer.from(file(...texts)));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(JSON.stringify(lab.error));
  return lab.value;
}

/** What a fault moves, in words: from, to which directors, and whether it returns. */
function moves(lab: Lab, text: string): readonly string[] {
  const fault = parseFault(text, lab);
  if (!fault.ok) throw new Error(fault.error);
  return movesOf(lab, fault.value).map(
    (m) =>
      `${m.from.name} to ${heirsOf(m)
        .map((n) => n.name)
        .join(' or ')}${m.returns ? ', and back' : ''}`,
  );
}

const two = labOf('{ lb1: 100, lb2: 100 }');
const three = labOf('{ lb1: 100, lb2: 100, lb3: 100 }');
const above = labOf('{ lb1: 150, lb2: 100, lb3: 100 }');

describe('a positive weight', () => {
  const track = (weight: number) => `, track: [{ script: test -e /up, weight: ${weight} }]`;
  const member = (lab: Lab, name: string) =>
    found(
      lab.vrrp[0]?.members.find((m) => m.node === name),
      name,
    );
  it('is part of the priority while what is tracked is well, and keepalived adds it', () => {
    const lab = labOf('{ lb1: 100, lb2: 80 }', track(30));
    expect(member(lab, 'lb1')).toMatchObject({ priority: 130, configured: 100 });
    const conf = keepalivedConf(lab, nodeOf(lab, 'lb1'), DIALECT);
    expect(conf).toMatch(/priority 100\n/);
    expect(conf).toMatch(/weight 30\n/);
  });
  it('makes no priority above 254, so that two may be equal', () => {
    const lab = labOf('{ lb1: 250, lb2: 240 }', track(20));
    expect(lab.vrrp[0]?.members.map((m) => m.priority)).toEqual([254, 254]);
    expect(moves(lab, 'kill:lb1')).toEqual(['lb1 to lb2']);
  });
  it('of zero is a mistake', () =>
    expect(mistakesOf(file('{ lb1: 100, lb2: 80 }', track(0))).join('\n')).toMatch(
      /expected a whole number from -253 to -1, or from 1 to 253/,
    ));
});

describe('a fault of one of several equal directors', () => {
  it('hits the master, whichever it names, and the master does not return', () => {
    expect(moves(two, 'kill:lb1')).toEqual(['lb1 to lb2']);
    expect(moves(two, 'kill:lb2')).toEqual(['lb2 to lb1']);
    expect(moves(two, 'stop:lb2/keepalived')).toEqual(['lb2 to lb1']);
    expect(moves(two, 'kill:rs1')).toEqual([]);
  });
  it('may be followed by any of the others', () => {
    expect(moves(three, 'kill:lb2')).toEqual(['lb2 to lb3 or lb1']);
    expect(moves(above, 'kill:lb1')).toEqual(['lb1 to lb3 or lb2, and back']);
    expect(moves(above, 'kill:lb2')).toEqual([]);
  });
  it('is over when two masters meet: the higher address wins', () => {
    expect(moves(two, 'mute:lb1')).toEqual(['lb1 to lb2']);
    expect(moves(two, 'mute:lb2')).toEqual(['lb2 to lb1, and back']);
    expect(moves(two, 'pause:lb2')).toEqual(['lb2 to lb1, and back']);
  });
  it('returns without preemption only to a director that is still master in its own eyes', () => {
    const off = labOf('{ lb1: 100, lb2: 80 }', ', preempt: false');
    expect(moves(off, 'kill:lb1')).toEqual(['lb1 to lb2']);
    expect(moves(off, 'mute:lb1')).toEqual(['lb1 to lb2, and back']);
    expect(moves(labOf('{ lb1: 100, lb2: 80 }'), 'kill:lb1')).toEqual(['lb1 to lb2, and back']);
  });
});

describe('equal priorities', () => {
  it('let no director start as master', () => {
    for (const name of ['lb1', 'lb2']) expect(keepalivedConf(two, nodeOf(two, name), DIALECT)).toMatch(/state BACKUP/);
    expect(keepalivedConf(above, nodeOf(above, 'lb1'), DIALECT)).toMatch(/state MASTER/);
  });
  it('promise one master, whichever', () => {
    expect(masterCheck(found(two.vrrp[0], 'VI')).promise).toMatch(/^exactly one of lb2 and lb1 sends adverts/);
    expect(masterCheck(found(above.vrrp[0], 'VI')).promise).toMatch(/^lb1 is the only director/);
  });
  it('let a failover name either director, and no heir that is chance', () => {
    const failover = (kill: string, to: string, priorities: string) =>
      mistakesOf(file(priorities, '', `failover: { service: web, kill: ${kill}, to: ${to} }`)).join('\n');
    expect(failover('lb2', 'lb1', '{ lb1: 100, lb2: 100 }')).toBe('');
    expect(failover('lb1', 'lb2', '{ lb1: 100, lb2: 100 }')).toBe('');
    expect(failover('lb2', 'lb1', '{ lb1: 100, lb2: 100, lb3: 100 }')).toMatch(/have the same priority, and either/);
    expect(failover('lb3', 'lb1', '{ lb1: 100, lb2: 100, lb3: 80 }')).toMatch(/"lb3" is not the master/);
  });
});

type Sent = readonly [by: string, ms: number];

/** A bed whose wire has these adverts, up to a time. */
function bedOf(lab: Lab, upTo: number, adverts: readonly Sent[]): Bed {
  const vrrp = found(lab.vrrp[0], 'VI');
  const packets = adverts.map(([name, ms]) => {
    const srcMac = macsOf(nodeOf(lab, name))[0];
    return { kind: 'vrrp', at: ms * 1000, segment: 'lan', srcMac, id: vrrp.id, priority: 100 };
  });
  return { wire: { newest: upTo * 1000, since: () => packets } } as unknown as Bed;
}

describe('a master that another took over from', () => {
  const fault = parseFault('kill:lb2', two);
  if (!fault.ok) throw new Error(fault.error);
  const check = keepsCheck('return.stays', found(movesOf(two, fault.value)[0], 'move'), 0);
  const look = async (upTo: number, ...adverts: readonly Sent[]) => check.look(bedOf(two, upTo, adverts));

  it('must stay a backup for as long as an election takes', async () => {
    expect(await look(1000, ['lb1', 900])).toMatchObject({ ok: false });
    expect(await look(4700, ['lb1', 900], ['lb1', 4600])).toMatchObject({ ok: true });
  });
  it('must not send an advert', async () =>
    expect(await look(4700, ['lb1', 900], ['lb2', 1200])).toMatchObject({
      ok: false,
      final: true,
      seen: 'lb2 sent an advert after 1.20 s',
    }));
  it('must not be the only one that could be master', async () =>
    expect(await look(9000)).toMatchObject({ ok: false }));
});

describe('a takeover by one of several', () => {
  const fault = parseFault('kill:lb2', three);
  if (!fault.ok) throw new Error(fault.error);
  const move = found(movesOf(three, fault.value)[0], 'move');
  const check = takeoverCheck('it', move, { at: 0, done: 0 }, { ms: 3000, words: 'three adverts' }, true);
  const look = async (upTo: number, ...adverts: readonly Sent[]) => check.look(bedOf(three, upTo, adverts));

  it('is done by whichever it is', async () => {
    expect(check.promise).toMatch(/^lb3 or lb1 becomes the only master/);
    expect(await look(5000, ['lb1', 3000], ['lb1', 4000])).toMatchObject({ ok: true });
    expect(await look(5000, ['lb3', 3000], ['lb3', 4000])).toMatchObject({ ok: true });
  });
  it('bears both for a moment, and not for long', async () => {
    expect(await look(6000, ['lb1', 3000], ['lb3', 3005], ['lb3', 4000], ['lb3', 5000])).toMatchObject({ ok: true });
    const both = await look(6000, ['lb1', 3000], ['lb3', 3005], ['lb1', 4500], ['lb3', 5000]);
    expect(both).toMatchObject({ ok: false, seen: expect.stringMatching(/lb1 still sent/) });
  });
});
