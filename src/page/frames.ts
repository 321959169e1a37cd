import type { FrameRef } from '../events.ts';
import type { Lab } from '../model/lab.ts';
import { nameOfMac } from '../model/lookup.ts';
import { endpoint } from '../net/cidr.ts';
import type { IpPacket, Packet, TcpPacket } from '../net/packet.ts';
import type { FramePage } from './data.ts';
import { keyOf } from './packets.ts';

/** Returns the frames that a check names, decoded; those that no capture has are left out. */
export function framesOf(
  lab: Pick<Lab, 'nodes' | 'vrrp'>,
  refs: readonly FrameRef[],
  packets: ReadonlyMap<string, Packet>,
): readonly FramePage[] {
  const found = refs.flatMap((ref) => {
    const packet = packets.get(keyOf(ref));
    return packet ? [{ packet, wrong: ref.wrong === true }] : [];
  });
  const zero = found[0]?.packet.at ?? 0;
  return found.map(({ packet, wrong }) => decoded(lab, packet, zero, wrong));
}

/** Returns a packet in words, under the names of the lab's nodes; `zero`: the zero of its clock, in microseconds. */
export function decoded(lab: Pick<Lab, 'nodes' | 'vrrp'>, p: Packet, zero: number, wrong = false): FramePage {
  return {
    at: (p.at - zero) / 1000,
    segment: p.segment,
    from: nameOfMac(lab, p.srcMac),
    to: isGroup(p.dstMac) ? 'all' : nameOfMac(lab, p.dstMac),
    fromMac: p.srcMac,
    toMac: p.dstMac,
    ...words(p),
    ...('outer' in p && p.outer ? { outer: `${p.outer.kind.toUpperCase()} ${p.outer.src} → ${p.outer.dst}` } : {}),
    ...named(p),
    wrong,
  };
}

/** Returns whether a MAC address is a group's: its first octet is odd. */
function isGroup(mac: string): boolean {
  return Number.parseInt(mac.slice(0, 2), 16) % 2 === 1;
}

function named(p: Packet): { client?: string } {
  const client = p.kind === 'tcp' ? p.toa : p.kind === 'udp' ? p.uoa : undefined;
  return client ? { client: `${p.kind === 'tcp' ? 'TOA' : 'UOA'} ${endpoint(client.address, client.port)}` } : {};
}

type Words = Pick<FramePage, 'protocol' | 'src' | 'dst' | 'info'>;

function words(p: Packet): Words {
  const vlan = p.vlan === undefined ? '' : `VLAN ${p.vlan} `;
  switch (p.kind) {
    case 'tcp':
      return { ...ends(p, p.srcPort, p.dstPort), protocol: `${vlan}TCP`, info: tcpInfo(p) };
    case 'udp':
      return {
        ...ends(p, p.srcPort, p.dstPort),
        protocol: `${vlan}UDP`,
        info: `${p.payload.length} bytes, TTL ${p.ttl}`,
      };
    case 'sctp':
      return { ...ends(p, p.srcPort, p.dstPort), protocol: `${vlan}SCTP`, info: `${p.chunk}, TTL ${p.ttl}` };
    case 'icmp':
      return {
        ...ends(p),
        protocol: `${vlan}${p.family === 4 ? 'ICMP' : 'ICMPv6'}`,
        info: `type ${p.type} code ${p.code}${p.mtu === undefined ? '' : `, MTU ${p.mtu}`}`,
      };
    case 'vrrp':
      return {
        ...ends(p),
        protocol: `${vlan}VRRPv${p.version}`,
        info: `id ${p.id}, priority ${p.priority}${p.priority === 0 ? ' (resigns)' : ''}, ${p.addresses.join(' ')}`,
      };
    case 'arp':
      return { protocol: `${vlan}ARP`, src: p.sender, dst: p.target, info: arpInfo(p) };
    case 'neighbour':
      return { protocol: `${vlan}NDP`, src: '', dst: p.target, info: p.op };
    case 'mark':
    case 'other':
      return { protocol: `${vlan}other`, src: '', dst: '', info: '' };
  }
}

function ends(p: IpPacket, from?: number, to?: number): Pick<Words, 'src' | 'dst'> {
  return {
    src: from === undefined ? p.src : endpoint(p.src, from),
    dst: to === undefined ? p.dst : endpoint(p.dst, to),
  };
}

function tcpInfo(p: TcpPacket): string {
  const flags = (['syn', 'ack', 'fin', 'rst'] as const).filter((f) => p[f]).map((f) => f.toUpperCase());
  return [flags.join(' '), ...(p.payload.length > 0 ? [`${p.payload.length} bytes`] : []), `TTL ${p.ttl}`].join(', ');
}

function arpInfo(p: Packet & { kind: 'arp' }): string {
  if (p.sender === p.target) return 'gratuitous';
  return p.op === 'request' ? `who has ${p.target}?` : `${p.sender} is at ${p.senderMac}`;
}
