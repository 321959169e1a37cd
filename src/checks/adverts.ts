import { eventually } from '../eventually.ts';
import { firstAddress, interfaceOn, type Lab, type LabNode, nodeOf, type VrrpInstance } from '../lab/model.ts';
import type { Packet, VrrpPacket } from '../net/packet.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';

/** A director that sends adverts on an instance's segment. */
export interface Sender {
  readonly node: LabNode;
  readonly newest: VrrpPacket;
}

/** The members that sent adverts (not resignations) among these packets, the newest sender first; also those with another id. */
export function senders(lab: Lab, vrrp: VrrpInstance, packets: readonly Packet[]): readonly Sender[] {
  const newest = new Map<string, VrrpPacket>();
  for (const p of packets) if (p.kind === 'vrrp' && p.segment === vrrp.segment && p.priority > 0) newest.set(p.src, p);
  return vrrp.members
    .flatMap((m): Sender[] => {
      const node = nodeOf(lab, m.node);
      const advert = newest.get(firstAddress(interfaceOn(node, vrrp.segment)));
      return advert ? [{ node, newest: advert }] : [];
    })
    .sort((a, b) => b.newest.at - a.newest.at);
}

/**
 * How long a backup waits before it takes over, in milliseconds: 3 × advert + skew, the skew being
 * (256 − priority) / 256 × advert (RFC 3768 §6.1, RFC 5798 §6.1).
 */
export function masterDownInterval(vrrp: VrrpInstance, priority: number): number {
  return 3 * vrrp.advert + ((256 - priority) / 256) * vrrp.advert;
}

/** What adverts themselves may come late on a busy machine, in milliseconds. */
export const SCHEDULING_MARGIN_MS = 1000;

/** The longest time from silence to the takeover by the slowest member. */
function election(vrrp: VrrpInstance): number {
  return Math.max(...vrrp.members.map((m) => masterDownInterval(vrrp, m.priority))) + SCHEDULING_MARGIN_MS;
}

/** Who sent adverts of an instance in its last one and a half intervals; two after one another are both in it. */
function heardLately(bed: Bed, vrrp: VrrpInstance): readonly Sender[] {
  const packets = bed.wire.since(bed.wire.newest - vrrp.advert * 1500);
  return senders(bed.lab, vrrp, packets).filter((s) => s.newest.id === vrrp.id);
}

/** Milliseconds for which the wires have been watched. */
function watched(bed: Bed): number {
  return (bed.wire.newest - (bed.wire.since(0)[0]?.at ?? bed.wire.newest)) / 1000;
}

/** Whether these senders are the director of the highest priority alone. */
function isBestAlone(vrrp: VrrpInstance, heard: readonly Sender[]): boolean {
  return heard.length === 1 && heard[0]?.node.name === vrrp.members[0]?.node;
}

/** Waits until the director of the highest priority alone sends adverts. When it does not come to that in time, `masterCheck` tells. */
export async function masterSettles(bed: Bed, vrrp: VrrpInstance): Promise<void> {
  const look = () => (isBestAlone(vrrp, heardLately(bed, vrrp)) ? true : undefined);
  await eventually(look, { within: 2 * election(vrrp), every: 20, signal: bed.signal });
}

/**
 * Who is master, from the adverts on the wire. A director that will take over is silent until its own
 * election, so this is known only once the slowest has had the time for it.
 */
export function masterCheck(vrrp: VrrpInstance): CheckSpec {
  const [first] = vrrp.members;
  return {
    id: 'vrrp.master',
    subject: vrrp.name,
    promise: `${first?.node} alone sends adverts for ${vrrp.name}: it has the highest priority (${first?.priority})`,
    within: 2 * election(vrrp),
    every: 50,
    look: async (bed) => {
      const heard = heardLately(bed, vrrp);
      const seen = heard.map((s) => `${s.node.name} (priority ${s.newest.priority})`).join(' and ') || 'nobody';
      return {
        ok: isBestAlone(vrrp, heard) && watched(bed) >= election(vrrp),
        seen: `${seen} in the last ${(vrrp.advert * 1.5) / 1000} s`,
        evidence: evidenceOf(vrrp),
      };
    },
  };
}

/** That all directors speak of the same virtual router; known, too, once the slowest election is over. */
export function idCheck(lab: Lab, vrrp: VrrpInstance): CheckSpec {
  return {
    id: 'vrrp.id',
    subject: vrrp.name,
    promise: `every advert of its directors carries virtual router id ${vrrp.id}, for ${election(vrrp) / 1000} s`,
    within: 2 * election(vrrp),
    every: 50,
    look: async (bed) => {
      const packets = bed.wire.since(0);
      const heard = senders(lab, vrrp, packets);
      const strangers = heard.filter((s) => s.newest.id !== vrrp.id);
      return {
        ok: heard.length > 0 && strangers.length === 0 && watched(bed) >= election(vrrp),
        final: strangers.length > 0,
        seen: heard.map((s) => `${s.node.name} id ${s.newest.id}`).join(', ') || 'no advert',
        evidence: evidenceOf(vrrp),
      };
    },
  };
}

function evidenceOf(vrrp: VrrpInstance): readonly string[] {
  return [`${vrrp.segment}.pcap (vrrp)`];
}
