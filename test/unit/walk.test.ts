import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snatWalk, type Walk, walksOf } from '../../src/graph/walk.ts';
import { walkText } from '../../src/graph/walk-text.ts';
import { labNames } from '../../src/lab/names.ts';
import { findLabFile, readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { MODES } from '../../src/model/words.ts';
import { endpoint } from '../../src/net/cidr.ts';
import { packetsOf, RECORDED } from '../recorded.ts';

function lab(file: string): Lab {
  const read = readLab(file);
  return read.ok ? read.value : expect.fail(`${file} is invalid`);
}

function walksIn(of: Lab): readonly Walk[] {
  return [...of.services.flatMap((s) => walksOf(of, s)), ...of.snat.map((rule) => snatWalk(of, rule))];
}

const ALL = labNames().map((name) => ({ name, walks: walksIn(lab(findLabFile(name))) }));
/** Labs whose documents set routes by scripts of their own. */
const BY_SCRIPT = ['dr-host-route'];

/** A walk on one line: nodes and segments, with what is different on each leg. */
function short({ head, legs, alike }: Walk): string {
  const way = legs.map(({ name, hops, proved }) => {
    const each = hops.map(
      (h) => `${h.from.node} ${h.segment} ${h.to.node}${h.packet.outer ? ` (${h.packet.outer.kind})` : ''}`,
    );
    return `  ${name}: ${each.join(', ')} [${proved.map((p) => p.id).join(' ')}]`;
  });
  return [`${head}${alike.length > 0 ? ` and ${alike.length} more` : ''}`, ...way].join('\n');
}

describe('how packets travel in the labs', () => {
  it('is told of every service and SNAT rule, in every mode, by kernel LVS and by DPVS', () => {
    const words = ALL.flatMap(({ walks }) => walks.map(walkText)).join('\n');
    for (const mode of [...MODES, 'snat']) expect(words).toContain(`, ${mode}`);
    for (const driver of ['(ipvs, ', '(dpvs, ']) expect(words).toContain(driver);
    expect(words).not.toMatch(/undefined|\(\)| {2}on /);
  });

  it.each(ALL)('of $name is whole: each hop has its cards, each leg a check that proves it', ({ name, walks }) => {
    for (const { head, legs } of walks) {
      for (const leg of legs) {
        const what = `${head}: ${leg.name}`;
        expect(leg.proved.length, what).toBeGreaterThan(0);
        if (!BY_SCRIPT.includes(name)) expect(leg.open, what).toBeUndefined();
        for (const { from, to, segment } of leg.hops)
          expect([from, to].flatMap((e) => [e.node, e.link, e.mac]).concat(segment), what).not.toContain('');
        // Each hop goes on from where the one before it has led.
        for (const [i, hop] of leg.hops.entries())
          if (i > 0) expect(hop.from.node, what).toBe(leg.hops[i - 1]?.to.node);
      }
      const hops = legs.flatMap((leg) => leg.hops);
      if (!BY_SCRIPT.includes(name)) expect(hops.at(-1)?.to.node, head).toBe(hops[0]?.from.node);
    }
  });

  it('is as it was before', async () => {
    const lines = ALL.flatMap(({ name, walks }) => [`# ${name}`, ...walks.map(short)]);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('walks.txt');
  });
});

describe('recorded contracts', () => {
  const whole = readdirSync(RECORDED).filter((name) => labNames().includes(name.replace(/^[a-z]+-/, '')));

  it.each(whole)('%s: each hop is a frame that was captured', (name) => {
    const of = lab(join(RECORDED, name, 'lab.yaml'));
    const packets = of.segments.flatMap((s) => packetsOf(join(RECORDED, name), s.name));
    for (const { head, legs } of walksIn(of))
      for (const { hops } of legs)
        for (const { from, to, segment, packet } of hops) {
          const found = packets.find(
            (p) =>
              (p.kind === 'tcp' || p.kind === 'udp') &&
              [p.segment, p.srcMac, p.dstMac].join() === [segment, from.mac, to.mac].join() &&
              [p.src, endpoint(p.src, p.srcPort)].includes(packet.src) &&
              [p.dst, endpoint(p.dst, p.dstPort)].includes(packet.dst) &&
              `${p.outer?.src} ${p.outer?.dst}` === `${packet.outer?.src} ${packet.outer?.dst}`,
          );
          expect(found, `${head}: ${from.node} → ${to.node}: ${packet.src} → ${packet.dst}`).toBeDefined();
        }
  });

  it('are of every mode', () => {
    expect(new Set(whole.map((name) => name.split('-')[0]))).toEqual(new Set(MODES));
  });
});

describe('the picture', () => {
  it('has a column for each node and an arrow for each hop', () => {
    const of = lab(findLabFile('dr-two-arm'));
    expect(
      walkText(walksIn(of)[0] ?? expect.fail())
        .split('\n')
        .slice(0, 8),
    ).toEqual([
      'web: tcp 10.0.0.100:80, dr, to rs1',
      '  the same to rs2 (192.168.100.3)',
      '',
      'client      lb          rs1         gw',
      '│─── 1 ────▶│           │           │             10.0.0.48 → 10.0.0.100:80',
      '│           │─── 2 ────▶│           │             10.0.0.48 → 10.0.0.100:80',
      '│           │           │─── 3 ────▶│             10.0.0.100:80 → 10.0.0.48',
      '│◀──────────┼─── 4 ─────┼───────────│             10.0.0.100:80 → 10.0.0.48',
    ]);
  });
});
