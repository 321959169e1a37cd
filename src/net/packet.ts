import { formatAddress } from './cidr.ts';
import type { Frame } from './pcap.ts';

interface Common {
  /** Microseconds of the wall clock. */
  readonly at: number;
  /** The segment whose wire it was seen on. */
  readonly segment: string;
  readonly srcMac: string;
  readonly dstMac: string;
}

export interface ArpPacket extends Common {
  readonly kind: 'arp';
  readonly op: 'request' | 'reply';
  readonly senderMac: string;
  readonly sender: string;
  readonly target: string;
}

interface IpPacket extends Common {
  readonly src: string;
  readonly dst: string;
}

export interface TcpPacket extends IpPacket {
  readonly kind: 'tcp';
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly rst: boolean;
  readonly fin: boolean;
  readonly payload: Buffer;
}

/** A VRRP advert (RFC 3768, RFC 5798). */
export interface VrrpPacket extends IpPacket {
  readonly kind: 'vrrp';
  readonly version: number;
  readonly id: number;
  /** 0 when the master resigns. */
  readonly priority: number;
  readonly addresses: readonly string[];
}

export interface OtherPacket extends Common {
  readonly kind: 'other';
}

export type Packet = ArpPacket | TcpPacket | VrrpPacket | OtherPacket;

const ETHER_IPV4 = 0x0800;
const ETHER_ARP = 0x0806;
const ETHER_IPV6 = 0x86dd;
const PROTO_TCP = 6;
const PROTO_VRRP = 112;

function mac(bytes: Buffer, at: number): string {
  return bytes.toString('hex', at, at + 6).replace(/..(?=.)/g, '$&:');
}

function ipv4(bytes: Buffer, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function ipv6(bytes: Buffer, at: number): string {
  return formatAddress(BigInt(`0x${bytes.toString('hex', at, at + 16)}`), 6);
}

/** Reads a frame as far as the checks need it; what is cut short or unknown is `other`. */
export function parsePacket(frame: Frame, segment: string): Packet {
  const { bytes } = frame;
  const common: Common = {
    at: frame.at,
    segment,
    srcMac: bytes.length < 12 ? '' : mac(bytes, 6),
    dstMac: bytes.length < 12 ? '' : mac(bytes, 0),
  };
  try {
    return parseEthernet(bytes, common) ?? { ...common, kind: 'other' };
  } catch (error) {
    if (error instanceof RangeError) return { ...common, kind: 'other' };
    throw error;
  }
}

function parseEthernet(bytes: Buffer, common: Common): Packet | undefined {
  const type = bytes.readUInt16BE(12);
  if (type === ETHER_ARP) return parseArp(bytes, common);
  if (type === ETHER_IPV4) {
    const header = 14 + ((bytes.readUInt8(14) & 15) << 2);
    const end = 14 + bytes.readUInt16BE(16);
    const fragment = bytes.readUInt16BE(20) & 0x1fff;
    if (fragment !== 0) return undefined;
    const ip = { ...common, src: ipv4(bytes, 26), dst: ipv4(bytes, 30) };
    return parseTransport(bytes.readUInt8(23), bytes.subarray(header, end), ip, 4);
  }
  if (type === ETHER_IPV6) {
    const end = 54 + bytes.readUInt16BE(18);
    const ip = { ...common, src: ipv6(bytes, 22), dst: ipv6(bytes, 38) };
    return parseTransport(bytes.readUInt8(20), bytes.subarray(54, end), ip, 6);
  }
  return undefined;
}

function parseArp(bytes: Buffer, common: Common): Packet | undefined {
  const op = bytes.readUInt16BE(20);
  if (op !== 1 && op !== 2) return undefined;
  return {
    ...common,
    kind: 'arp',
    op: op === 1 ? 'request' : 'reply',
    senderMac: mac(bytes, 22),
    sender: ipv4(bytes, 28),
    target: ipv4(bytes, 38),
  };
}

function parseTransport(
  protocol: number,
  data: Buffer,
  ip: Common & { src: string; dst: string },
  family: 4 | 6,
): Packet | undefined {
  if (protocol === PROTO_TCP) {
    const flags = data.readUInt8(13);
    return {
      ...ip,
      kind: 'tcp',
      srcPort: data.readUInt16BE(0),
      dstPort: data.readUInt16BE(2),
      seq: data.readUInt32BE(4),
      fin: (flags & 1) !== 0,
      syn: (flags & 2) !== 0,
      rst: (flags & 4) !== 0,
      ack: (flags & 16) !== 0,
      payload: data.subarray((data.readUInt8(12) >> 4) << 2),
    };
  }
  if (protocol === PROTO_VRRP) {
    const count = data.readUInt8(3);
    const size = family === 4 ? 4 : 16;
    const addresses = Array.from({ length: count }, (_, i) =>
      family === 4 ? ipv4(data, 8 + i * size) : ipv6(data, 8 + i * size),
    );
    return {
      ...ip,
      kind: 'vrrp',
      version: data.readUInt8(0) >> 4,
      id: data.readUInt8(1),
      priority: data.readUInt8(2),
      addresses,
    };
  }
  return undefined;
}
