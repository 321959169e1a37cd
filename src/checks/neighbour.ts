import type { FrameRef } from '../events.ts';
import type { Lab } from '../model/lab.ts';
import { directors, familyOf, linkTo, lipsOf, nodeOf, virtualMacs, vrrpOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { CannotObserve } from '../plan/hand.ts';
import { script } from '../shell.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';

const NOBODY: Answers = { macs: [], frames: [] };

/** How often an address is requested by broadcast, so that a second holder is heard too. */
const ASKS = 3;

/** The MAC addresses that answered for an address, and the frames of their answers. */
interface Answers {
  readonly macs: readonly string[];
  readonly frames: readonly (FrameRef & { readonly mac: string })[];
}

/**
 * Asks from a node, by ARP or neighbour discovery, which nodes have addresses, and returns who answered for each, as
 * seen on the wire.
 */
export async function askNeighbours(
  bed: Bed,
  from: LabNode,
  addresses: readonly string[],
  asks = ASKS,
): Promise<ReadonlyMap<string, Answers>> {
  const start = await bed.newestPacket();
  const pairs = addresses.flatMap((address) => [address, bed.towards(from, address).name]);
  await bed.run(from.name, script('ask-neighbours', String(asks), ...pairs));
  const own = new Set(from.interfaces.map((i) => i.mac));
  const answers = new Map<string, Answers>();
  for (const p of await bed.packetsSince(start)) {
    const told =
      p.kind === 'arp' && p.op === 'reply' && own.has(p.dstMac)
        ? { address: p.sender, mac: p.senderMac }
        : p.kind === 'neighbour' && p.op === 'advertisement' && own.has(p.dstMac)
          ? { address: p.target, mac: p.srcMac }
          : undefined;
    if (!told || !addresses.includes(told.address)) continue;
    const { macs, frames } = answers.get(told.address) ?? NOBODY;
    answers.set(told.address, {
      macs: macs.includes(told.mac) ? macs : [...macs, told.mac],
      frames: [...frames, { segment: p.segment, at: p.at, mac: told.mac }],
    });
  }
  return answers;
}

/** Returns the name of the protocol that resolves an address. */
function protocolOf(address: string): string {
  return familyOf(address) === 4 ? 'ARP' : 'neighbour discovery';
}

function evidenceOf(segments: readonly string[], address: string): readonly string[] {
  return segments.map((s) => `${s}.pcap (${familyOf(address) === 4 ? 'arp' : 'icmpv6.type == 136'})`);
}

/**
 * Checks that every director answers for its own LIPs when a real server that needs them asks: otherwise replies cannot
 * return.
 */
export function lipHeldCheck(lab: Lab, service: Service): CheckSpec {
  const reals = service.reals.map((r) => nodeOf(lab, r.node));
  const expected = directors(lab).flatMap((d) =>
    lipsOf(d, service).flatMap(({ address: lip }) => {
      const from = reals.find((r) => linkTo(r, lip));
      return from ? [{ director: d, lip, from }] : [];
    }),
  );
  return {
    id: `${service.mode}.lip`,
    subject: service.name,
    promise: `each director answers for its own LIPs: ${expected.map((e) => `${e.lip} on ${e.director.name}`).join(', ')}`,
    within: 3000,
    every: 100,
    look: async (bed) => {
      const seen = await Promise.all(
        expected.map(async (e) => ({ ...e, ...((await askNeighbours(bed, e.from, [e.lip])).get(e.lip) ?? NOBODY) })),
      );
      const isOwn = (e: (typeof seen)[number], mac: string) => mac === bed.towards(e.director, e.lip).mac;
      return {
        ok: seen.every((e) => e.macs.length === 1 && e.macs.every((mac) => isOwn(e, mac))),
        frames: framesOf(
          seen.flatMap((e) => e.frames),
          seen.flatMap((e) => e.frames.filter((f) => !isOwn(e, f.mac))),
        ),
        seen: seen
          .map((e) => `${e.lip}: ${e.macs.map((m) => bed.nameOfMac(m)).join(' and ') || 'no answer'}`)
          .join(', '),
        evidence: evidenceOf(
          seen.map((e) => bed.segmentTowards(e.from, e.lip)),
          service.vip,
        ),
      };
    },
  };
}

/**
 * Returns a node that shares the VIP's segment with the directors and does not hold the VIP itself: the client if
 * possible.
 */
function asker(lab: Lab, service: Service): LabNode | undefined {
  const holders = new Set([...directors(lab).map((d) => d.name), ...service.reals.map((r) => r.node)]);
  const near = lab.nodes.filter((n) => !holders.has(n.name) && linkTo(n, service.vip) !== undefined);
  return near.find((n) => n.kind === 'client') ?? near[0];
}

/**
 * Returns the MAC addresses under which the active director may answer for a VIP: its card's own, or the virtual one of
 * the instance. Which one, the lab file says, if the configuration is not the user's own.
 */
function vipMacs(bed: Bed, service: Service, director: LabNode): readonly string[] {
  const card = bed.vipLink(director, service).mac;
  const vrrp = vrrpOf(bed.lab, service.name);
  if (!vrrp) return [card];
  const virtual = virtualMacs(vrrp)[familyOf(service.vip) === 4 ? 0 : 1] ?? card;
  if (vrrp.vmac !== undefined) return [virtual];
  return director.keepalived || director.setup || director.manual ? [card, virtual] : [card];
}

/** Checks that only the active director answers for the VIP. */
export function vipCheck(lab: Lab, service: Service): CheckSpec {
  const from = asker(lab, service);
  return {
    id: 'vip.arp',
    subject: service.name,
    promise: `only the active director answers ${protocolOf(service.vip)} for ${service.vip}`,
    within: 2000,
    every: 100,
    look: async (bed) => {
      if (!from)
        throw new CannotObserve(`the segment of ${service.vip} has no node other than directors and real servers`);
      const director = bed.inCharge(service);
      const may = vipMacs(bed, service, director);
      const { macs, frames } = (await askNeighbours(bed, from, [service.vip])).get(service.vip) ?? NOBODY;
      return {
        ok: macs.length === 1 && macs.every((mac) => may.includes(mac)),
        frames: framesOf(
          frames,
          frames.filter((f) => !may.includes(f.mac)),
        ),
        seen: `${macs.map((m) => bed.nameOfMac(m)).join(' and ') || 'no node'} answered; the active director is ${director.name}`,
        evidence: evidenceOf([bed.segmentTowards(from, service.vip)], service.vip),
      };
    },
  };
}

/** Returns whether any node can ask for the VIP: in a routed lab, no node shares its segment. */
export function canAskForVip(lab: Lab, service: Service): boolean {
  return asker(lab, service) !== undefined;
}
