import type { Span } from '../faults/fault.ts';
import { heirsOf, type Move } from '../faults/moves.ts';
import { familyOf, memberOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { formatMs } from '../net/duration.ts';
import type { Packet, VrrpPacket } from '../net/packet.ts';
import { masterDownInterval, SCHEDULING_MARGIN_MS } from './adverts.ts';
import type { Budget, CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';
import { isFrom, sends } from './sender.ts';

/** How long two masters may overlap, in microseconds: the time in which an advert is heard. */
const OVERLAP_MICROS = 100_000;

/** How long a fault may take to have effect before a report tells of it, in microseconds. */
const TOLD_MICROS = 250_000;

/** Which director becomes master, or one of which directors, and which others must be silent then. */
type Taking = Pick<Move, 'vrrp' | 'to' | 'from'> & {
  readonly or?: readonly LabNode[];
  readonly also?: readonly LabNode[];
};

/**
 * Checks that one director sends adverts after a change, and that the others, if they still send, stop within the margin
 * and stay silent for one and a half intervals; all from the wire. `falls`: the change silences the other director, so
 * that it has had no effect before that director's last advert, or resignation. If it remains unknown whether the change
 * took effect late, or the director was late, the check is inconclusive.
 */
export function takeoverCheck(
  id: string,
  { vrrp, to, or = [], from: other, also = [] }: Taking,
  { at, done }: Span,
  budget: Budget,
  falls = false,
): CheckSpec {
  const margin = SCHEDULING_MARGIN_MS;
  const silence = 1.5 * vrrp.advert;
  const heirs = heirsOf({ to, or });
  return {
    id,
    subject: vrrp.name,
    promise: `${namesOf(heirs)} becomes the only master within ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(margin)}`,
    within: budget.ms + 2 * margin + silence,
    every: 20,
    look: async (bed) => {
      const all = bed.wire
        .since(at + 1)
        .filter((p): p is VrrpPacket => p.kind === 'vrrp' && p.id === vrrp.id && p.segment === vrrp.segment);
      const adverts = all.filter((p) => p.priority > 0);
      const of = (nodes: readonly LabNode[]) => (p: VrrpPacket) => nodes.some((n) => sends(vrrp, n, p));
      const newest = adverts.findLast(of(heirs));
      const master = (newest && heirs.find((n) => sends(vrrp, n, newest))) ?? to;
      const rivals = of([other, ...also, ...heirs.filter((n) => n !== master)]);
      const first = adverts.find(of(heirs));
      const evidence = [`${vrrp.segment}.pcap (vrrp)`];
      if (!first) return { ok: false, seen: `no advert of ${namesOf(heirs)}`, evidence };
      const sent = falls ? all.findLast((p) => of([other])(p) && p.at < first.at) : undefined;
      const since = Math.max(at, Math.min(done, sent?.at ?? at));
      const after = (first.at - since) / 1000;
      const last = adverts.findLast((p) => rivals(p) && p.at > first.at + OVERLAP_MICROS);
      const both = last ? (last.at - first.at) / 1000 : 0;
      const slow = after > budget.ms + margin;
      const unknown = slow && both <= margin && (first.at - done) / 1000 <= budget.ms + margin;
      const late = slow || both > margin;
      const took =
        since - at > TOLD_MICROS ? ` (the fault took ${formatMs((since - at) / 1000)} to silence ${other.name})` : '';
      const nameOf = (p: VrrpPacket) => [other, ...also, ...heirs].find((n) => sends(vrrp, n, p))?.name;
      const silent = !last || (bed.wire.newest - last.at) / 1000 >= silence;
      return {
        ok: !late && silent,
        final: late,
        seen: `first advert of ${master.name} after ${formatMs(after)}${took}${last ? `, and ${nameOf(last)} still sent ${formatMs(both)} later` : ''}`,
        evidence,
        stall: unknown
          ? `this machine took up to ${formatMs((done - since) / 1000)} until the change had effect`
          : undefined,
        figures: { advertAfter: after },
        frames: framesOf([...(sent ? [sent] : []), first, ...(last ? [last] : [])], late && last ? [last] : []),
      };
    },
  };
}

/** Describes one of several directors. */
function namesOf(nodes: readonly LabNode[]): string {
  return nodes.map((n) => n.name).join(' or ');
}

/**
 * Checks that a director that took an instance over keeps it when the one from which it took it is back: that one sends no
 * advert for as long as it would take to become master.
 */
export function keepsCheck(id: string, move: Move, since: number): CheckSpec {
  const { vrrp, from } = move;
  const heirs = heirsOf(move);
  const watch = masterDownInterval(vrrp, memberOf(vrrp, from.name).priority) + SCHEDULING_MARGIN_MS;
  const why = vrrp.preempt ? 'their priorities are equal' : 'preemption is off';
  return {
    id,
    subject: vrrp.name,
    promise: `${namesOf(heirs)} stays master when ${from.name} is back (${why}), for ${formatMs(watch)}`,
    within: watch + SCHEDULING_MARGIN_MS,
    every: 50,
    look: async (bed) => {
      const adverts = bed.wire
        .since(since + 1)
        .filter((p): p is VrrpPacket => p.kind === 'vrrp' && p.id === vrrp.id && p.segment === vrrp.segment)
        .filter((p) => p.priority > 0);
      const back = adverts.find((p) => sends(vrrp, from, p));
      const kept = adverts.findLast((p) => heirs.some((n) => sends(vrrp, n, p)));
      const seconds = formatMs(Math.max(0, (bed.wire.newest - since) / 1000));
      return {
        ok: back === undefined && kept !== undefined && bed.wire.newest - since >= watch * 1000,
        final: back !== undefined,
        seen: back
          ? `${from.name} sent an advert after ${formatMs((back.at - since) / 1000)}`
          : `${
              heirs
                .filter((n) => kept && sends(vrrp, n, kept))
                .map((n) => n.name)
                .join() || 'no director'
            } is master for ${seconds}`,
        evidence: [`${vrrp.segment}.pcap (vrrp)`],
      };
    },
  };
}

/** The announcement of an address, with its time in microseconds. */
interface Announcement {
  readonly at: number;
  readonly segment: string;
  readonly address: string;
}

/**
 * Returns a node's unsolicited announcements of an instance's addresses under its own MAC address, or as master under the
 * virtual one: by gratuitous ARP, or an unsolicited neighbour advertisement.
 */
export function announcements(vrrp: VrrpInstance, node: LabNode, packets: readonly Packet[]): readonly Announcement[] {
  const addresses = vrrp.addresses.map((a) => a.address);
  return packets.flatMap((p): Announcement[] => {
    const address =
      p.kind === 'arp' && p.sender === p.target
        ? p.sender
        : p.kind === 'neighbour' && p.op === 'advertisement'
          ? p.target
          : undefined;
    if (address === undefined || !addresses.includes(address)) return [];
    return isFrom(vrrp, node, p, packets) ? [{ at: p.at, segment: p.segment, address }] : [];
  });
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
 * Checks that the new master, one of these directors, announced every address of an instance under its own MAC address, unsolicited: by
 * gratuitous ARP, or an unsolicited neighbour advertisement (RFC 5798 §6.4).
 */
export function announceCheck(
  id: string,
  vrrp: VrrpInstance,
  masters: readonly LabNode[],
  since: number,
  budget: Budget,
): CheckSpec {
  const addresses = vrrp.addresses.map((a) => a.address);
  const by = addresses.some((a) => familyOf(a) === 6) ? 'neighbour advertisement' : 'gratuitous ARP';
  return {
    id,
    subject: vrrp.name,
    promise: `${namesOf(masters)} announces ${addresses.join(' and ')} by ${by}`,
    within: budget.ms + SCHEDULING_MARGIN_MS,
    every: 20,
    look: async (bed) => {
      const packets = bed.wire.since(since + 1);
      const lacks = (told: readonly Announcement[]) => addresses.filter((a) => !told.some((t) => t.address === a));
      const each = masters.map((master) => announcements(vrrp, master, packets));
      const told = each.sort((a, b) => lacks(a).length - lacks(b).length)[0] ?? [];
      const missing = lacks(told);
      const [first] = told;
      return {
        ok: missing.length === 0,
        seen: first
          ? `${told.length} times, first after ${formatMs((first.at - since) / 1000)}${missing.length > 0 ? `; none for ${missing.join(', ')}` : ''}`
          : 'none',
        frames: framesOf(told),
        evidence: [
          `${vrrp.segment}.pcap (${familyOf(addresses[0] ?? '') === 6 ? 'icmpv6.type == 136' : 'arp.isgratuitous'})`,
        ],
      };
    },
  };
}
