import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { labNames } from '../../src/lab/names.ts';
import { readLab } from '../../src/lab/read.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { NO_FILES } from './lab.ts';

function labOf(file: object): Lab {
  const source = readSource('lab.yaml', Buffer.from(JSON.stringify(file)));
  const made = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!made.ok) throw new Error(made.error.map(formatDiagnostic).join('\n'));
  return made.value;
}

/** The MAC addresses of all cards, bonds and bridges: a VLAN has its card's, a tunnel none. */
function macs(lab: Lab): readonly string[] {
  return lab.nodes.flatMap((n) => [
    ...n.interfaces.map((i) => i.mac),
    ...n.devices.filter((d) => d.kind === 'bond' || d.kind === 'bridge').map((d) => d.mac),
  ]);
}

/** Numbers that look random and are the same in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A lab in which addresses end alike as often as they can: few last bytes in many subnets of both families. */
function alike(seed: number): object {
  const below = numbers(seed);
  const segments = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [
      `s${i}`,
      i === 5 ? 'none' : [`10.${i}.0.0/16`, `fd0${i}::/64`, `fd1${i}:0:0:1::/64`],
    ]),
  );
  const taken = new Set<string>();
  const address = (segment: number) => {
    const end = 1 + below(40);
    const text = [`10.${segment}.0.${end}`, `fd0${segment}::${end}`, `fd1${segment}:0:0:1::${end}`][below(3)] ?? '';
    if (taken.has(text)) return 'none';
    taken.add(text);
    return text;
  };
  const nodes = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [
      `n${n}`,
      {
        kind: 'host',
        ...Object.fromEntries(Array.from({ length: 1 + below(4) }, (_, s) => [`s${s}`, address(s)])),
        s5: 'none',
        interfaces: [{ on: 's5' }, { on: 's5' }],
        devices: { bond1: { bond: 1, over: 's5' }, br0: { bridge: true }, vlan7: { vlan: 7, over: 'bond1' } },
      },
    ]),
  );
  return { lab: 'x', segments, nodes };
}

describe('MAC addresses', () => {
  it('of two IPv6 subnets with the same last four bytes differ', () => {
    const lab = labOf({
      lab: 'x',
      segments: { lan: ['fd01::/64', 'fd02::/64'] },
      nodes: { a: { kind: 'host', lan: 'fd01::1' }, b: { kind: 'host', lan: 'fd02::1' } },
    });
    expect(macs(lab)).toEqual(['02:06:00:00:00:01', expect.stringMatching(/^02:ff:(..:){3}..$/)]);
  });

  it('are each one card’s, whatever the lab is', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const all = macs(labOf(alike(seed)));
      expect(all.length).toBeGreaterThan(100);
      expect(new Set(all).size, `seed ${seed}`).toBe(all.length);
      for (const mac of all) expect(mac).toMatch(/^02:(00|06|ff)(:[0-9a-f]{2}){4}$/);
    }
  });

  it('of the labs that come with it are, too, and tell every address of theirs that no other ends like', () => {
    for (const name of labNames()) {
      const lab = readLab(`labs/${name}/lab.yaml`);
      if (!lab.ok) throw new Error(name);
      const all = macs(lab.value);
      expect(new Set(all).size, name).toBe(all.length);
      for (const { interfaces } of lab.value.nodes)
        for (const { mac, addresses } of interfaces)
          if (addresses[0] && !addresses[0].address.includes(':'))
            expect(mac).toBe(`02:00:${addresses[0].address.split('.').map(hex).join(':')}`);
    }
  });
});

function hex(byte: string): string {
  return Number(byte).toString(16).padStart(2, '0');
}
