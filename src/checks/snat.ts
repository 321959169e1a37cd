import type { Lab } from '../model/lab.ts';
import { addressesOf, familyOf, found, macsOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { SnatRule } from '../model/snat.ts';
import type { SnatProtocol } from '../model/words.ts';
import { contains, parseAddress, parseSubnet } from '../net/cidr.ts';
import type { IcmpPacket, Packet, TcpPacket, UdpPacket } from '../net/packet.ts';
import { shell } from '../shell.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec, Observation } from './check.ts';
import { framesOf } from './frames.ts';
import { tally } from './path.ts';
import { parseRequests, type Request } from './traffic.ts';

/** Number of connections, datagrams and pings of one exchange. */
const EACH = 5;

/** The answers from outside to an inside host, by protocol, with the packets on the wires during the exchange. */
export interface Exchange {
  readonly answers: Readonly<Partial<Record<SnatProtocol, readonly Request[]>>>;
  /** Number of pings that were answered. */
  readonly pings: number;
  readonly packets: readonly Packet[];
  readonly inside: LabNode;
  readonly insideAddress: string;
  readonly outside: LabNode;
  readonly outsideAddress: string;
  readonly evidence: readonly string[];
}

/** Sends traffic from the inside host to the outside host in every protocol of the rule. */
export async function exchange(bed: Bed, rule: SnatRule, name: string): Promise<Exchange> {
  const inside = nodeOf(bed.lab, rule.inside);
  const outside = nodeOf(bed.lab, rule.outside);
  const family = familyOf(rule.to);
  const from = parseSubnet(rule.from);
  const insideAddress = found(
    addressesOf(inside).find((a) => from && contains(from, parseAddress(a) ?? from.address)),
    `address of ${inside.name} in ${rule.from}`,
  );
  const outsideAddress = found(
    addressesOf(outside).find((a) => familyOf(a) === family && isWithin(a, rule.destination)),
    `address of ${outside.name}`,
  );
  const start = await bed.newestPacket();
  const answers: Partial<Record<SnatProtocol, readonly Request[]>> = {};
  let said = '';
  let pings = 0;
  for (const protocol of rule.protocols) {
    const command =
      protocol === 'icmp'
        ? // one by one: of several, ping waits for the last answers only two round trips after the last question
          shell(`for i in $(seq ${EACH}); do ping -c 1 -W 1 -I $1 $2; done || true`, insideAddress, outsideAddress)
        : [
            'ask',
            ...(protocol === 'udp' ? ['-u'] : []),
            '-s',
            insideAddress,
            '-n',
            String(EACH),
            outsideAddress,
            String(rule.port),
          ];
    const output = await bed.run(inside.name, command);
    said += output;
    if (protocol === 'icmp') pings = output.match(/\b1 received/g)?.length ?? 0;
    else answers[protocol] = parseRequests(output);
  }
  const evidence = [bed.evidence.write(`exchange-${name}.txt`, said)];
  return {
    answers,
    pings,
    packets: await bed.packetsSince(start + 1),
    inside,
    insideAddress,
    outside,
    outsideAddress,
    evidence,
  };
}

function isWithin(address: string, network: string | undefined): boolean {
  const [parsed, subnet] = [parseAddress(address), network === undefined ? undefined : parseSubnet(network)];
  return subnet === undefined || (parsed !== undefined && contains(subnet, parsed));
}

/**
 * Returns the checks of what an SNAT rule promises, over one exchange: for each protocol, that it is answered, and
 * which address the outside host sees.
 */
export function snatChecks(lab: Lab, rule: SnatRule, get: () => Promise<Exchange>): readonly CheckSpec[] {
  const once = (
    id: string,
    promise: string,
    look: (e: Exchange, bed: Bed) => Pick<Observation, 'ok' | 'seen' | 'frames'>,
  ): CheckSpec => ({
    id,
    subject: rule.name,
    promise,
    within: 0,
    every: 0,
    look: async (bed) => {
      const e = await get();
      return { ...look(e, bed), evidence: [...e.evidence, ...lab.segments.map((s) => `${s.name}.pcap`)] };
    },
  });
  const answered = rule.protocols.map((protocol) =>
    once(`snat.${protocol}`, `${EACH} ${NOUN[protocol]} from ${rule.inside} to ${rule.outside} are answered`, (e) => {
      const got = protocol === 'icmp' ? e.pings : (e.answers[protocol] ?? []).filter((r) => r.status === 200).length;
      return { ok: got === EACH, seen: `${got} answered` };
    }),
  );
  const { to } = rule;
  return [
    ...answered,
    once('snat.out', `${rule.inside} sends packets for the outside to ${rule.director}`, (e, bed) => {
      const seen = e.packets.filter(
        (p): p is Question => isQuestion(p, rule) && p.src === e.insideAddress && macsOf(e.inside).includes(p.srcMac),
      );
      const director = macsOf(nodeOf(lab, rule.director), lab);
      const inTunnel = e.packets.filter((p) => 'outer' in p && p.outer !== undefined && p.src === e.insideAddress);
      return {
        ok: seen.length + inTunnel.length > 0 && seen.every((p) => director.includes(p.dstMac)),
        frames: framesOf(
          [...seen, ...inTunnel],
          seen.filter((p) => !director.includes(p.dstMac)),
        ),
        seen: `${tally(seen.map((p) => `to ${bed.nameOfMac(p.dstMac)}`))}${inTunnel.length > 0 ? `, ${inTunnel.length} through the tunnel` : ''}`,
      };
    }),
    once(
      'snat.source',
      `${rule.outside} sees ${to} and no address of ${rule.from}, on the wire and in its own answers`,
      (e) => {
        const seen = e.packets.filter(
          (p) => isQuestion(p, rule) && p.dst === e.outsideAddress && macsOf(e.outside).includes(p.dstMac),
        ) as readonly Question[];
        const told = Object.values(e.answers).flatMap((list) => list.map((r) => r.seenClient).filter((c) => c !== ''));
        const strangers = told.filter((c) => !c.startsWith(`${to}:`) && !c.startsWith(`[${to}]:`));
        return {
          ok: seen.length > 0 && seen.every((p) => p.src === to) && strangers.length === 0,
          frames: framesOf(
            seen,
            seen.filter((p) => p.src !== to),
          ),
          seen: `${tally(seen.map((p) => p.src))} on the wire${strangers.length > 0 ? `, ${strangers.join(', ')} reported by ${rule.outside}` : ''}`,
        };
      },
    ),
    once('snat.return', `replies come to ${rule.director} for ${to} and go on to ${rule.inside}`, (e, bed) => {
      const director = nodeOf(lab, rule.director);
      const back = e.packets.filter(
        (p): p is Packet & { src: string; dst: string } =>
          'src' in p && p.src === e.outsideAddress && !('outer' in p && p.outer),
      );
      const toDirector = back.filter((p) => p.dst === to && macsOf(director, lab).includes(p.dstMac));
      const toInside = e.packets.filter(
        (p): p is Packet & { src: string; dst: string } =>
          'src' in p && p.src === e.outsideAddress && p.dst === e.insideAddress && macsOf(e.inside).includes(p.dstMac),
      );
      return {
        ok: toDirector.length > 0 && toInside.length > 0,
        frames: framesOf([...toDirector, ...toInside]),
        seen: `${toDirector.length} packets to ${to}, ${toInside.length} on to ${e.inside.name} (${tally(back.map((p) => `to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`))})`,
      };
    }),
  ];
}

type Question = TcpPacket | UdpPacket | IcmpPacket;

/** Types of echo requests in ICMP and ICMPv6. */
const ECHO = { 4: 8, 6: 128 } as const;

/** Returns whether a packet is a request to the outside: not what routers send on their own. */
function isQuestion(p: Packet, rule: SnatRule): p is Question {
  if (p.kind === 'icmp') return p.type === ECHO[p.family] && p.outer === undefined;
  return (p.kind === 'tcp' || p.kind === 'udp') && p.dstPort === rule.port && p.outer === undefined;
}

const NOUN: Readonly<Record<SnatProtocol, string>> = { tcp: 'connections', udp: 'datagrams', icmp: 'pings' };
