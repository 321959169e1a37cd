import { eventually } from '../eventually.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, bestOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { formatMs } from '../net/duration.ts';
import type { Packet, VrrpPacket } from '../net/packet.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';
import { sends } from './sender.ts';

/** A director that sends adverts on an instance's segment. */
export interface Sender {
  readonly node: LabNode;
  readonly newest: VrrpPacket;
}

/**
 * Returns the members that sent adverts (not resignations) of an instance among these packets, the newest sender first.
 */
export function senders(lab: Lab, vrrp: VrrpInstance, packets: readonly Packet[]): readonly Sender[] {
  // Masters with a virtual MAC address differ only in the source address of their adverts.
  const newest = new Map<string, VrrpPacket>();
  for (const p of packets)
    if (p.kind === 'vrrp' && p.id === vrrp.id && p.segment === vrrp.segment && p.priority > 0)
      newest.set(`${p.srcMac} ${p.src}`, p);
  return vrrp.members
    .flatMap((m): Sender[] => {
      const node = nodeOf(lab, m.node);
      const [advert] = [...newest.values()].filter((p) => sends(vrrp, node, p)).sort((a, b) => b.at - a.at);
      return advert ? [{ node, newest: advert }] : [];
    })
    .sort((a, b) => b.newest.at - a.newest.at);
}

/**
 * Returns how long a backup waits before it takes over, in milliseconds: 3 × advert + skew. The skew is (256 −
 * priority) / 256 of a second in version 2 (RFC 3768 §6.1), of an advert interval in version 3 (RFC 5798 §6.1).
 */
export function masterDownInterval(vrrp: VrrpInstance, priority: number): number {
  return 3 * vrrp.advert + skew(vrrp, priority);
}

/** Returns how long a backup waits after the master has resigned, in milliseconds: only the skew. */
export function skew(vrrp: VrrpInstance, priority: number): number {
  return ((256 - priority) / 256) * skewUnit(vrrp);
}

function skewUnit(vrrp: VrrpInstance): number {
  return vrrp.version === 3 ? vrrp.advert : 1000;
}

/** Returns the skew as arithmetic, for a report. */
export function skewWords(vrrp: VrrpInstance, priority: number): string {
  return `(256 − ${priority})/256 × ${formatMs(skewUnit(vrrp))}`;
}

/** Returns the master down interval as arithmetic, for a report. */
export function masterDownWords(vrrp: VrrpInstance, priority: number): string {
  return `3 × ${formatMs(vrrp.advert)} + ${skewWords(vrrp, priority)}`;
}

/** How late an advert may be on a busy machine, in milliseconds. */
export const SCHEDULING_MARGIN_MS = 1000;

/** Returns the longest time from the last advert to the takeover by the slowest member, in milliseconds. */
function election(vrrp: VrrpInstance): number {
  return Math.max(...vrrp.members.map((m) => masterDownInterval(vrrp, m.priority))) + SCHEDULING_MARGIN_MS;
}

/** Returns how long before now checks of any kind look for adverts, in milliseconds; see `Wire.forget`. */
export function lookBack(lab: Lab): number {
  return Math.max(0, ...lab.vrrp.map(election));
}

/** Returns the senders of an instance's adverts in the last `ms` milliseconds, the newest sender first. */
function heardIn(bed: Bed, vrrp: VrrpInstance, ms: number): readonly Sender[] {
  return senders(bed.lab, vrrp, bed.wire.since(bed.wire.newest - ms * 1000));
}

/** How late an advert of one of two masters may be relative to the other's, in milliseconds. */
const JITTER_MS = 200;

/** Returns how long a master's last advert counts, in milliseconds: until the next one is due, plus the margin. */
function freshness(vrrp: VrrpInstance): number {
  return 1.5 * vrrp.advert + SCHEDULING_MARGIN_MS;
}

/**
 * Returns the current senders of an instance's adverts: the sender of the newest advert, and each sender of an advert
 * within one and a half intervals before it. Two masters that alternate both send within that time.
 */
function heardLately(bed: Bed, vrrp: VrrpInstance): readonly Sender[] {
  const heard = heardIn(bed, vrrp, freshness(vrrp));
  const turn = (1.5 * vrrp.advert + JITTER_MS) * 1000;
  return heard.filter((s) => s.newest.at >= (heard[0]?.newest.at ?? 0) - turn);
}

/** Returns for how many milliseconds the wires have been watched. */
function watched(bed: Bed): number {
  return (bed.wire.newest - (bed.wire.since(0)[0]?.at ?? bed.wire.newest)) / 1000;
}

/**
 * Returns whether these senders are exactly one director, and one that may be master in a healthy lab: the best member,
 * or one as good as it, or any member where preemption is off.
 */
function isRightAlone(vrrp: VrrpInstance, heard: readonly Sender[]): boolean {
  const may = vrrp.preempt ? bestOf(vrrp) : vrrp.members;
  return heard.length === 1 && may.some((m) => m.node === heard[0]?.node.name);
}

/** Describes which director must be master in a healthy lab. */
function masterWords(vrrp: VrrpInstance): string {
  const best = bestOf(vrrp);
  const names = best.map((m) => m.node);
  if (!vrrp.preempt) return `exactly one director sends adverts for ${vrrp.name}: preemption is off`;
  return best.length > 1
    ? `exactly one of ${names.join(' and ')} sends adverts for ${vrrp.name}: they have the same priority (${best[0]?.priority})`
    : `${names.join()} is the only director that sends adverts for ${vrrp.name}: it has the highest priority (${best[0]?.priority})`;
}

/** Returns the directors that send adverts of an instance now: one in a healthy lab. */
export function mastersOf(bed: Bed, vrrp: VrrpInstance): readonly string[] {
  return heardLately(bed, vrrp).map((s) => s.node.name);
}

/** Returns whether this director, and no other, sends adverts of an instance now. */
export function isMasterAlone(bed: Bed, vrrp: VrrpInstance, node: string): boolean {
  const [master, rival] = mastersOf(bed, vrrp);
  return master === node && rival === undefined;
}

/**
 * Waits until exactly one director sends adverts: the named one, or else the right one. Returns without an error when
 * this takes too long; `masterCheck` then reports it.
 */
export async function masterSettles(bed: Bed, vrrp: VrrpInstance, node?: string): Promise<void> {
  const settled = () =>
    node === undefined ? isRightAlone(vrrp, heardLately(bed, vrrp)) : isMasterAlone(bed, vrrp, node);
  const look = () => (settled() ? true : undefined);
  await eventually(look, { within: 2 * election(vrrp), every: 20, signal: bed.signal });
}

/**
 * Checks which director is master, from the adverts on the wire. A director that is about to take over sends nothing
 * until its own election, so the result is known only after the slowest member has had time for it. The check covers
 * that whole time: of two masters that reject each other's adverts, one may be silent for seconds, because keepalived
 * restarts its timer with every advert that it receives.
 */
export function masterCheck(vrrp: VrrpInstance): CheckSpec {
  return {
    id: 'vrrp.master',
    subject: vrrp.name,
    promise: masterWords(vrrp),
    within: 2 * election(vrrp),
    every: 50,
    look: async (bed) => {
      const heard = heardIn(bed, vrrp, election(vrrp));
      const seen = heard.map((s) => `${s.node.name} (priority ${s.newest.priority})`).join(' and ') || 'none';
      return {
        ok: isRightAlone(vrrp, heard) && watched(bed) >= election(vrrp),
        seen: `${seen} in the last ${formatMs(election(vrrp))}`,
        evidence: evidenceOf(vrrp),
        frames: framesOf(heard.map((s) => s.newest)),
      };
    },
  };
}

/** Checks that all directors use the same virtual router ID; this too is known only after the slowest election. */
export function idCheck(lab: Lab, vrrp: VrrpInstance): CheckSpec {
  const ids = new Set(lab.vrrp.filter((v) => v.segment === vrrp.segment).map((v) => v.id));
  return {
    id: 'vrrp.id',
    subject: vrrp.name,
    promise: `every advert on ${vrrp.segment} carries virtual router id ${[...ids].join(' or ')}, for ${election(vrrp) / 1000} s`,
    within: 2 * election(vrrp),
    every: 50,
    look: async (bed) => {
      const adverts = bed.wire
        .since(0)
        .filter((p): p is VrrpPacket => p.kind === 'vrrp' && p.segment === vrrp.segment && p.priority > 0);
      const nameOf = (p: VrrpPacket) =>
        lab.nodes.find((n) => addressesOf(n).includes(p.src))?.name ?? bed.nameOfMac(p.srcMac);
      const heard = [...new Set(adverts.map((p) => `${nameOf(p)} id ${p.id}`))];
      const strangers = adverts.filter((p) => !ids.has(p.id));
      return {
        ok: heard.length > 0 && strangers.length === 0 && watched(bed) >= election(vrrp),
        final: strangers.length > 0,
        seen: heard.join(', ') || 'no advert',
        evidence: evidenceOf(vrrp),
        frames: framesOf(adverts.slice(-2), strangers),
      };
    },
  };
}

/**
 * Checks that exactly these directors send adverts of an instance now: one master, or two that do not hear each other.
 */
export function mastersCheck(vrrp: VrrpInstance, nodes: readonly string[]): CheckSpec['look'] {
  return async (bed) => {
    const heard = mastersOf(bed, vrrp);
    return {
      ok: heard.length === nodes.length && nodes.every((n) => heard.includes(n)),
      seen: `${vrrp.name}: ${heard.join(' and ') || 'none'} in the last ${formatMs(freshness(vrrp))}`,
      evidence: evidenceOf(vrrp),
    };
  };
}

/** A period in which a director sent adverts, in microseconds. */
export interface Reign {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** Returns when each director was master, from the adverts since a time: periods in the order of their start. */
export function reigns(lab: Lab, vrrp: VrrpInstance, packets: readonly Packet[]): readonly Reign[] {
  const all: Reign[] = [];
  for (const { node: name } of vrrp.members) {
    const node = nodeOf(lab, name);
    let open: Reign | undefined;
    for (const p of packets) {
      if (p.kind !== 'vrrp' || p.id !== vrrp.id || p.segment !== vrrp.segment || !sends(vrrp, node, p)) continue;
      if (p.priority === 0) continue;
      // Two adverts further apart than this belong to different periods.
      if (open && p.at - open.to <= vrrp.advert * 2500) open = { ...open, to: p.at };
      else {
        if (open) all.push(open);
        open = { node: name, from: p.at, to: p.at };
      }
    }
    if (open) all.push(open);
  }
  return all.sort((a, b) => a.from - b.from);
}

/** Returns for how many milliseconds more than one director sent adverts. */
export function twoMasters(stretches: readonly Reign[]): number {
  let overlap = 0;
  for (const [i, a] of stretches.entries())
    for (const b of stretches.slice(i + 1))
      if (a.node !== b.node) overlap += Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
  return overlap / 1000;
}

function evidenceOf(vrrp: VrrpInstance): readonly string[] {
  return [`${vrrp.segment}.pcap (vrrp)`];
}
