import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/drivers/driver.ts';
import { drivers, driversOf } from '../../src/drivers/index.ts';
import { directors } from '../../src/model/lookup.ts';
import { DRIVERS, MODES, PROTOCOLS, SCHEDULERS } from '../../src/model/words.ts';
import { fnatLab, mistakesOf } from './lab.ts';

const LAB = `lab: x
segments: { lan: 10.0.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb: { kind: director, lan: 10.0.0.1, lips: [10.0.0.200] }
  rs: { kind: realserver, lan: 10.0.0.2 }
services:
  web: { vip: 10.0.0.100, port: 80, mode: fnat, scheduler: wrr, reals: { rs: 1 } }
`;

/** Mistakes of a lab file where the standard driver has other abilities. */
function mistakesWith(abilities: Partial<Driver>, text = LAB): string {
  const standard = drivers[DRIVERS[0]];
  const before = { ...standard };
  Object.assign(standard, abilities);
  try {
    return mistakesOf(text).join('\n');
  } finally {
    Object.assign(standard, before);
  }
}

describe('drivers', () => {
  it('are in the registry by their own names', () =>
    expect(Object.entries(drivers).map(([name, driver]) => [name, driver.name])).toEqual(DRIVERS.map((d) => [d, d])));

  it('can together do every word of their kind', () => {
    const all = Object.values(drivers);
    expect([...new Set(all.flatMap((d) => d.modes))].sort()).toEqual([...MODES].sort());
    expect([...new Set(all.flatMap((d) => d.schedulers))].sort()).toEqual([...SCHEDULERS].sort());
    expect([...new Set(all.flatMap((d) => d.protocols))].sort()).toEqual([...PROTOCOLS].sort());
  });

  it('are what every director of a resolved lab has, and nobody else', () => {
    const lab = fnatLab();
    expect(lab.nodes.filter((n) => n.driver !== undefined)).toEqual(directors(lab));
    expect(driversOf(lab)).toEqual([drivers.ipvs]);
  });
});

describe('a driver in a lab file', () => {
  it.each([
    [
      'is one that there is',
      LAB.replace('lb: { kind', 'lb: { driver: katran, kind'),
      /:5:17 expected one of ipvs, dpvs, not "katran"/,
    ],
    [
      'is a director’s',
      LAB.replace('rs: { kind', 'rs: { driver: ipvs, kind'),
      /:6:.*only a director has a driver; "rs" is a realserver/,
    ],
    [
      'of a lab has a director',
      'lab: x\ndriver: ipvs\nsegments: { lan: 10.0.0.0/24 }\nnodes: { c: { kind: client, lan: 10.0.0.9 } }\n',
      /:2:.*the lab has no director to run it/,
    ],
  ])('%s', (_what, text, told) => expect(mistakesOf(text).join('\n')).toMatch(told));
});

describe('what a driver cannot do', () => {
  it.each<[string, Partial<Driver>, RegExp]>([
    ['a mode', { modes: ['nat', 'dr'] }, /:8:43 driver ipvs cannot do mode fnat; it can do nat, dr/],
    ['a scheduler', { schedulers: ['rr', 'wlc'] }, /:8:60 driver ipvs cannot do scheduler wrr; it can do rr, wlc/],
    ['a family', { families: [6] }, /:8:15 driver ipvs cannot do IPv4; it can do 6/],
    ['a transport', { protocols: ['udp'] }, /driver ipvs cannot do tcp; it can do udp/],
    [
      'something else',
      { refuses: () => [{ key: 'port', why: 'port 80 is not for it' }] },
      /:8:33 port 80 is not for it/,
    ],
  ])('is a mistake at its place: %s', (_what, abilities, told) => {
    expect(mistakesOf(LAB)).toEqual([]);
    expect(mistakesWith(abilities)).toMatch(told);
  });

  it('is refused of real servers of another family only where it does not translate', () => {
    const mixed = LAB.replace('lan: 10.0.0.0/24', 'lan: [10.0.0.0/24, "2001::/64"]').replace(
      'rs: { kind: realserver, lan: 10.0.0.2 }',
      'rs: { kind: realserver, lan: "2001::2" }',
    );
    expect(mistakesOf(mixed).join('\n')).toMatch(
      /only IPv6 addresses and VIP 10.0.0.100 is IPv4: kernel LVS does not translate/,
    );
    const lips = mixed
      .replace('lips: [10.0.0.200]', 'lips: ["2001::200"]')
      .replace('lan: 10.0.0.1,', 'lan: [10.0.0.1, "2001::1"],');
    expect(mistakesWith({ oneFamily: undefined }, lips)).toBe('');
  });
});
