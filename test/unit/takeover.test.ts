import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import { crossed, takeoverCheck } from '../../src/checks/takeover.ts';
import { macsOf, nodeOf } from '../../src/model/lookup.ts';
import type { Packet } from '../../src/net/packet.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();
const [vrrp] = lab.vrrp;
const [lb1, lb2] = [nodeOf(lab, 'lb1'), nodeOf(lab, 'lb2')];

type Announced = readonly [by: 'lb1' | 'lb2', ms: number, priority?: number];

/** Gratuitous ARP of the VIP, by director and milliseconds. */
function announced(all: readonly Announced[]): readonly Packet[] {
  const vip = vrrp?.addresses[0]?.address ?? '';
  return all.map(([name, ms]) => {
    const mac = macsOf(nodeOf(lab, name))[0] ?? '';
    const ends = { segment: 'lan', srcMac: mac, dstMac: 'ff:ff:ff:ff:ff:ff' };
    return { kind: 'arp', op: 'request', at: ms * 1000, ...ends, sender: vip, senderMac: mac, target: vip };
  });
}

describe('announcements cross', () => {
  const lastWord = (...all: readonly Announced[]) => crossed(vrrp as never, lb2, lb1, announced(all));
  it('when the director that yields has the last word', () =>
    expect(lastWord(['lb1', 1000], ['lb1', 1001], ['lb2', 1045])).toBe(true));
  it('also when the better one speaks again, but only after garp_master_delay', () =>
    expect(lastWord(['lb1', 1000], ['lb2', 1045], ['lb1', 6000])).toBe(true));
  it('not when the better one speaks again at once', () =>
    expect(lastWord(['lb1', 1000], ['lb2', 1045], ['lb1', 1400])).toBe(false));
  it('not when the one that yields spoke before', () => expect(lastWord(['lb2', 900], ['lb1', 1000])).toBe(false));
  it('not when only one of them speaks', () => {
    expect(lastWord(['lb1', 1000])).toBe(false);
    expect(lastWord(['lb2', 1000])).toBe(false);
  });
});

describe('a takeover', () => {
  /**
   * What a check sees of adverts, by director and milliseconds, up to a time; a fault at 0 took until `done` to have
   * effect, and silences the other director if it `falls`.
   */
  async function slow(done: number, falls: boolean, upTo: number, ...adverts: readonly Announced[]) {
    const packets = adverts.map(([name, ms, priority = 100]) => {
      const mac = macsOf(nodeOf(lab, name))[0];
      return { kind: 'vrrp', at: ms * 1000, segment: vrrp?.segment, srcMac: mac, id: vrrp?.id, priority };
    });
    const wire = { newest: upTo * 1000, since: () => packets } as never;
    const budget = { ms: 3000, words: 'three adverts' };
    const span = { at: 0, done: done * 1000 };
    const check = takeoverCheck('it', { vrrp: vrrp as never, to: lb1, from: lb2 }, span, budget, falls);
    const { ok, final, stall, seen: words } = await check.look({ wire } as Partial<Bed> as Bed);
    return `${ok ? 'holds' : stall ? `unknown (${stall})` : final ? 'never' : 'not yet'}: ${words}`;
  }
  const seen = (upTo: number, ...adverts: readonly Announced[]) => slow(0, false, upTo, ...adverts);
  it('is done with the first advert, when the other is silent', async () => {
    expect(await seen(2100, ['lb2', 500], ['lb1', 2000])).toBe('holds: first advert of lb1 after 2.00 s');
    expect(await seen(2200, ['lb1', 2000], ['lb2', 2090])).toBe('holds: first advert of lb1 after 2.00 s');
  });
  it('bears an advert of a director that is slow to yield, once it is silent', async () => {
    const words = 'first advert of lb1 after 2.00 s, and lb2 still sent 174 ms later';
    expect(await seen(3000, ['lb1', 2000], ['lb2', 2174])).toBe(`not yet: ${words}`);
    expect(await seen(3700, ['lb1', 2000], ['lb2', 2174], ['lb1', 3000])).toBe(`holds: ${words}`);
  });
  it('is none while the other goes on', async () => {
    const words = 'first advert of lb1 after 2.00 s, and lb2 still sent 1.50 s later';
    expect(await seen(9000, ['lb1', 2000], ['lb2', 2500], ['lb2', 3500])).toBe(`never: ${words}`);
  });
  it('may come late by the margin, and no later', async () => {
    expect(await seen(4100, ['lb1', 3990])).toMatch('holds');
    expect(await seen(4100, ['lb1', 4010])).toMatch('never');
    expect(await seen(4100, ['lb2', 4010])).toBe('not yet: no advert of lb1');
  });
  it('counts from the last advert of a director that a fault silences late', async () => {
    const words = 'first advert of lb1 after 3.40 s (the fault took 1.60 s to silence lb2)';
    expect(await slow(1900, true, 5100, ['lb2', 600], ['lb2', 1600], ['lb1', 5000])).toBe(`holds: ${words}`);
    expect(await slow(1900, true, 7100, ['lb2', 1600], ['lb1', 7000])).toMatch('never');
  });
  it('counts from a resignation that comes late', async () => {
    expect(await slow(1900, true, 5500, ['lb2', 1600, 0], ['lb1', 5400])).toMatch(
      'holds: first advert of lb1 after 3.80 s',
    );
  });
  it('does not count from an advert after the fault has had effect', async () => {
    expect(await slow(100, true, 5200, ['lb2', 2000], ['lb1', 5100])).toMatch('never');
  });
  it('counts from the change when the other director goes on until it hears an advert', async () => {
    expect(await slow(100, false, 5200, ['lb2', 4900], ['lb1', 5100])).toMatch('never');
  });
  it('is neither late nor in time when the machine may have been late', async () => {
    const words =
      'unknown (this machine took up to 2.00 s until the change had effect): first advert of lb1 after 5.10 s';
    expect(await slow(2000, false, 5200, ['lb2', 4900], ['lb1', 5100])).toBe(words);
    expect(await slow(2000, false, 9900, ['lb1', 5100], ['lb2', 9000])).toMatch('never');
  });
});
