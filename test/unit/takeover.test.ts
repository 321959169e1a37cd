import { describe, expect, it } from 'vitest';
import { crossed } from '../../src/checks/takeover.ts';
import { macsOf, nodeOf } from '../../src/lab/lookup.ts';
import type { Packet } from '../../src/net/packet.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();
const [vrrp] = lab.vrrp;
const [lb1, lb2] = [nodeOf(lab, 'lb1'), nodeOf(lab, 'lb2')];

type Announced = readonly [by: 'lb1' | 'lb2', ms: number];

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
