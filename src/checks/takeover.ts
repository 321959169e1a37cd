import type { Span } from '../faults/fault.ts';
import type { Move } from '../faults/moves.ts';
import { familyOf, macsOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { formatMs } from '../net/duration.ts';
import type { Packet, VrrpPacket } from '../net/packet.ts';
import { SCHEDULING_MARGIN_MS } from './adverts.ts';
import type { Budget, CheckSpec } from './check.ts';

/** How long two masters may overlap, in microseconds: the time in which an advert is heard. */
const OVERLAP_MICROS = 100_000;

/** How long a fault may take to have effect before a report tells of it, in microseconds. */
const TOLD_MICROS = 250_000;

/**
 * Checks that one director sends adverts after a change, and that the other, if it still sends, stops within the margin
 * and stays silent for one and a half intervals; all from the wire. `falls`: the change silences the other director, so
 * that it has had no effect before that director's last advert, or resignation. If it remains unknown whether the change
 * took effect late, or the director was late, the check is inconclusive.
 */
export function takeoverCheck(
  id: string,
  { vrrp, to: master, from: other }: Pick<Move, 'vrrp' | 'to' | 'from'>,
  { at, done }: Span,
  budget: Budget,
  falls = false,
): CheckSpec {
  const [own, rivals] = [macsOf(master), macsOf(other)];
  const margin = SCHEDULING_MARGIN_MS;
  const silence = 1.5 * vrrp.advert;
  return {
    id,
    subject: vrrp.name,
    promise: `${master.name} becomes the only master within ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(margin)}`,
    within: budget.ms + 2 * margin + silence,
    every: 20,
    look: async (bed) => {
      const all = bed.wire
        .since(at + 1)
        .filter((p): p is VrrpPacket => p.kind === 'vrrp' && p.id === vrrp.id && p.segment === vrrp.segment);
      const adverts = all.filter((p) => p.priority > 0);
      const first = adverts.find((p) => own.includes(p.srcMac));
      const evidence = [`${vrrp.segment}.pcap (vrrp)`];
      if (!first) return { ok: false, seen: `no advert of ${master.name}`, evidence };
      const sent = falls ? all.findLast((p) => rivals.includes(p.srcMac) && p.at < first.at) : undefined;
      const since = Math.max(at, Math.min(done, sent?.at ?? at));
      const after = (first.at - since) / 1000;
      const last = adverts.findLast((p) => rivals.includes(p.srcMac) && p.at > first.at + OVERLAP_MICROS);
      const both = last ? (last.at - first.at) / 1000 : 0;
      const slow = after > budget.ms + margin;
      const unknown = slow && both <= margin && (first.at - done) / 1000 <= budget.ms + margin;
      const late = slow || both > margin;
      const took =
        since - at > TOLD_MICROS ? ` (the fault took ${formatMs((since - at) / 1000)} to silence ${other.name})` : '';
      const silent = !last || (bed.wire.newest - last.at) / 1000 >= silence;
      return {
        ok: !late && silent,
        final: late,
        seen: `first advert of ${master.name} after ${formatMs(after)}${took}${last ? `, and ${other.name} still sent ${formatMs(both)} later` : ''}`,
        evidence,
        stall: unknown
          ? `this machine took up to ${formatMs((done - since) / 1000)} until the change had effect`
          : undefined,
        figures: { advertAfter: after },
      };
    },
  };
}

/** The announcement of an address, with its time in microseconds. */
interface Announcement {
  readonly at: number;
  readonly address: string;
}

/**
 * Returns a node's unsolicited announcements of an instance's addresses under its own MAC address: by gratuitous ARP,
 * or an unsolicited neighbour advertisement.
 */
export function announcements(vrrp: VrrpInstance, node: LabNode, packets: readonly Packet[]): readonly Announcement[] {
  const own = macsOf(node);
  const addresses = vrrp.addresses.map((a) => a.address);
  return packets
    .filter((p) => own.includes(p.srcMac))
    .flatMap((p): Announcement[] => {
      if (p.kind === 'arp' && p.sender === p.target) return [{ at: p.at, address: p.sender }];
      return p.kind === 'neighbour' && p.op === 'advertisement' ? [{ at: p.at, address: p.target }] : [];
    })
    .filter((a) => addresses.includes(a.address));
}

/**
 * Returns whether a director that yields had the last word on an address: it announced the address after the better
 * director had begun to, and the better one did not announce it again within the margin. Clients believe the last
 * announcement that they heard.
 */
export function crossed(vrrp: VrrpInstance, yielding: LabNode, better: LabNode, packets: readonly Packet[]): boolean {
  const told = announcements(vrrp, better, packets);
  return announcements(vrrp, yielding, packets).some((late) => {
    const own = told.filter((a) => a.address === late.address);
    const after = own.find((a) => a.at > late.at);
    return own.some((a) => a.at < late.at) && !(after && after.at - late.at <= SCHEDULING_MARGIN_MS * 1000);
  });
}

/**
 * Checks that the new master announced every address of an instance under its own MAC address, unsolicited: by
 * gratuitous ARP, or an unsolicited neighbour advertisement (RFC 5798 §6.4).
 */
export function announceCheck(
  id: string,
  vrrp: VrrpInstance,
  master: LabNode,
  since: number,
  budget: Budget,
): CheckSpec {
  const addresses = vrrp.addresses.map((a) => a.address);
  const by = addresses.some((a) => familyOf(a) === 6) ? 'neighbour advertisement' : 'gratuitous ARP';
  return {
    id,
    subject: vrrp.name,
    promise: `${master.name} announces ${addresses.join(' and ')} by ${by}`,
    within: budget.ms + SCHEDULING_MARGIN_MS,
    every: 20,
    look: async (bed) => {
      const told = announcements(vrrp, master, bed.wire.since(since + 1));
      const missing = addresses.filter((a) => !told.some((t) => t.address === a));
      const [first] = told;
      return {
        ok: missing.length === 0,
        seen: first
          ? `${told.length} times, first after ${formatMs((first.at - since) / 1000)}${missing.length > 0 ? `; none for ${missing.join(', ')}` : ''}`
          : 'none',
        evidence: [
          `${vrrp.segment}.pcap (${familyOf(addresses[0] ?? '') === 6 ? 'icmpv6.type == 136' : 'arp.isgratuitous'})`,
        ],
      };
    },
  };
}
