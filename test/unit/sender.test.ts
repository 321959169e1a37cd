import { describe, expect, it } from 'vitest';
import { reigns, senders, twoMasters } from '../../src/checks/adverts.ts';
import { isFrom, sends } from '../../src/checks/sender.ts';
import { announcements } from '../../src/checks/takeover.ts';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { ipvs } from '../../src/drivers/ipvs/driver.ts';
import { keepalivedConf } from '../../src/drivers/keepalived-conf.ts';
import { readLab } from '../../src/lab/read.ts';
import { found, macsOf, nameOfMac, nodeOf, virtualMacs } from '../../src/model/lookup.ts';
import { linkLocalOf } from '../../src/net/cidr.ts';
import type { Packet, VrrpPacket } from '../../src/net/packet.ts';
import { fnatLab, mistakesOf } from './lab.ts';

const lab = fnatLab();
const vrrp = found(lab.vrrp[0], 'instance');
const [lb1, lb2] = [nodeOf(lab, 'lb1'), nodeOf(lab, 'lb2')];
const [virtual = '', virtual6 = ''] = virtualMacs(vrrp);
const ends = { segment: vrrp.segment, dstMac: '01:00:5e:00:00:12' };

/** An advert under the virtual MAC address, from a director's own address, or another source. */
function advert(from: 'lb1' | 'lb2' | string, ms: number, mac = virtual): VrrpPacket {
  const src = lab.nodes.find((n) => n.name === from)?.interfaces[0]?.addresses[0]?.address ?? from;
  return { kind: 'vrrp', at: ms * 1000, ...ends, srcMac: mac, src, id: vrrp.id, priority: 100 } as never;
}

function garp(ms: number): Packet {
  const address = vrrp.addresses[0]?.address ?? '';
  const own = { srcMac: virtual, senderMac: virtual, sender: address, target: address };
  return { kind: 'arp', op: 'request', at: ms * 1000, ...ends, ...own } as never;
}

describe('an advert under a virtual MAC address', () => {
  it('is the director’s whose address it comes from', () => {
    expect(sends(vrrp, lb1, advert('lb1', 0))).toBe(true);
    expect(sends(vrrp, lb2, advert('lb1', 0))).toBe(false);
    expect(sends(vrrp, lb1, advert('10.9.9.9', 0))).toBe(false);
  });
  it('is of the director whose card has the link-local address, over IPv6', () => {
    const own = linkLocalOf(macsOf(lb2)[0] ?? '');
    expect(sends(vrrp, lb2, advert(own, 0, virtual6))).toBe(true);
    expect(sends(vrrp, lb1, advert(own, 0, virtual6))).toBe(false);
  });
  it('shows two masters that have one MAC address', () => {
    const packets = [advert('lb1', 0), advert('lb2', 300), advert('lb1', 1000), advert('lb2', 1300)];
    expect(senders(lab, vrrp, packets).map((s) => s.node.name)).toEqual(['lb2', 'lb1']);
    expect(twoMasters(reigns(lab, vrrp, packets))).toBe(700);
  });
  it('is nobody’s with the MAC address of another instance', () => {
    const [other = ''] = virtualMacs({ id: vrrp.id + 1 });
    expect(sends(vrrp, lb1, advert('lb1', 0, other))).toBe(false);
  });
});

describe('a frame under a virtual MAC address', () => {
  const packets = [advert('lb1', 0), garp(1), advert('lb2', 5000), garp(5001), garp(5002)];
  it('is the master’s at that time', () => {
    expect(announcements(vrrp, lb1, packets).map((a) => a.at)).toEqual([1000]);
    expect(announcements(vrrp, lb2, packets).map((a) => a.at)).toEqual([5_001_000, 5_002_000]);
  });
  it('is of the first one that becomes master, if there was none before', () => {
    expect(isFrom(vrrp, lb2, garp(0), [garp(0), advert('lb2', 1)])).toBe(true);
    expect(isFrom(vrrp, lb1, garp(0), [garp(0)])).toBe(false);
  });
  it('is told by the instance', () => expect(nameOfMac(lab, virtual)).toBe(`the master of ${vrrp.name} (${virtual})`));
});

describe('linkLocalOf', () => {
  it('follows RFC 4291', () => expect(linkLocalOf('02:00:0a:8c:10:30')).toBe('fe80::aff:fe8c:1030'));
});

describe('a lab with virtual MAC addresses', () => {
  const made = readLab('labs/vrrp-vmac/lab.yaml');
  if (!made.ok) throw new Error('the lab file is wrong');
  const vmac = made.value;
  const conf = keepalivedConf(vmac, nodeOf(vmac, 'lb1'), DIALECT);
  it('has them in keepalived.conf, and the VIP on no other device', () => {
    expect(conf.match(/use_vmac/g)).toHaveLength(3);
    expect(conf.match(/vmac_xmit_base/g)).toHaveLength(1);
    expect(conf).not.toMatch(/10\.20\.0\.10[12] dev/);
  });
  it('sets what their devices need, also if only the user’s configuration has them', () => {
    const sysctls = (lab: typeof vmac) => ipvs.director(lab, nodeOf(lab, 'lb1')).sysctls;
    expect(sysctls(vmac)['net/ipv4/conf/eth0/arp_filter']).toBe('1');
    const plain = { ...vmac, vrrp: vmac.vrrp.map(({ vmac: _, ...v }) => v) };
    expect(sysctls(plain)['net/ipv4/conf/eth0/arp_filter']).toBeUndefined();
    const base64 = Buffer.from('vrrp_instance OWN {\n  use_vmac\n}').toString('base64');
    const keepalived = { path: './lb1.conf', base64, mode: 0o644 };
    const nodes = plain.nodes.map((n) => (n.name === 'lb1' ? { ...n, keepalived } : n));
    expect(sysctls({ ...plain, nodes })['net/ipv4/conf/eth0/arp_filter']).toBe('1');
  });
  it('is a mistake with DPVS, or another word', () => {
    const text = (word: string, driver: string) => `lab: v
driver: ${driver}
segments: { lan: 10.20.0.0/24 }
nodes:
  client: { kind: client, lan: 10.20.0.48 }
  lb1: { kind: director, lan: 10.20.0.11, lips: [10.20.0.21] }
  lb2: { kind: director, lan: 10.20.0.12, lips: [10.20.0.22] }
  rs1: { kind: realserver, lan: 10.20.0.2 }
services: { web: { vip: 10.20.0.100, port: 80, mode: fnat, reals: { rs1: 1 } } }
vrrp: { V: { on: lan, id: 1, priorities: { lb1: 9, lb2: 8 }, addresses: [web], vmac: ${word} } }
`;
    expect(mistakesOf(text('true', 'ipvs'))).toEqual([]);
    expect(mistakesOf(text('true', 'dpvs')).join()).toMatch(/has its VIPs in DPVS/);
    expect(mistakesOf(text('ipvlan', 'ipvs')).join()).toMatch(/expected true, false or xmit_base/);
  });
});
