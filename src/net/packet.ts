import { formatAddress } from './cidr.ts';
import type { Frame } from './pcap.ts';

interface Common {
  /** Wall-clock time in microseconds. */
  readonly at: number;
  /** The segment on which it was captured. */
  readonly segment: string;
  readonly srcMac: string;
  readonly dstMac: string;
  /** 802.1Q VLAN, if the frame had a tag. */
  readonly vlan?: number;
}

/** The outer header of a tunnelled packet. */
export interface Outer {
  readonly kind: 'ipip' | 'gre';
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  /** Bytes of the outer packet, including its own header. */
  readonly length: number;
}

/** An IP packet; inside a tunnel, the inner header. */
interface IpPacket extends Common {
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  /** Bytes of the packet, including its IP header. */
  readonly length: number;
  readonly outer?: Outer;
}

export interface ArpPacket extends Common {
  readonly kind: 'arp';
  readonly op: 'request' | 'reply';
  readonly senderMac: string;
  readonly sender: string;
  readonly target: string;
}

/** A neighbour discovery message of IPv6 (RFC 4861), which asks for or announces the link-layer address of `target`. */
export interface NeighbourPacket extends Common {
  readonly kind: 'neighbour';
  readonly op: 'solicitation' | 'advertisement';
  readonly target: string;
}

/** The address and port of a client, as a director that hides them tells them to the real server. */
export interface ClientAddress {
  readonly address: string;
  readonly port: number;
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
  /** What its TOA option says, if it has one. */
  readonly toa?: ClientAddress;
  readonly payload: Buffer;
}

export interface UdpPacket extends IpPacket {
  readonly kind: 'udp';
  readonly srcPort: number;
  readonly dstPort: number;
  /** What the UOA option of its IP header says, if it has one. */
  readonly uoa?: ClientAddress;
  readonly payload: Buffer;
}

export interface IcmpPacket extends IpPacket {
  readonly kind: 'icmp';
  readonly family: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** For "fragmentation needed" and "packet too big": the size that fits. */
  readonly mtu?: number;
}

/** A VRRP advert (RFC 3768, RFC 5798). */
export interface VrrpPacket extends IpPacket {
  readonly kind: 'vrrp';
  readonly version: number;
  readonly id: number;
  /** 0 if the master resigns. */
  readonly priority: number;
  readonly addresses: readonly string[];
}

/** A frame of the lab that shows how far a capture has progressed; see Wire.catchUp. */
export interface MarkPacket extends Common {
  readonly kind: 'mark';
  readonly number: number;
}

export interface OtherPacket extends Common {
  readonly kind: 'other';
}

export type Packet =
  | ArpPacket
  | NeighbourPacket
  | TcpPacket
  | UdpPacket
  | IcmpPacket
  | VrrpPacket
  | MarkPacket
  | OtherPacket;

const ETHER_IPV4 = 0x0800;
const ETHER_ARP = 0x0806;
const ETHER_VLAN = 0x8100;
const ETHER_IPV6 = 0x86dd;
/** The EtherType for local experiments (IEEE 802). */
const ETHER_MARK = 0x88b5;
const PROTO_ICMP = 1;
const PROTO_IPIP = 4;
const PROTO_TCP = 6;
const PROTO_UDP = 17;
const PROTO_IPV6 = 41;
const PROTO_GRE = 47;
const PROTO_ICMPV6 = 58;
const PROTO_DESTINATION_OPTIONS = 60;
const PROTO_VRRP = 112;
/** TCP option with the client's address (kmod/toa of DPVS); the number is one for experiments (RFC 4727). */
const OPTION_TOA = 254;
/** IP option with the client's address (DPVS, `uoa_mode ipo`). */
const OPTION_UOA = 31;

/** Returns `length` bytes; throws a RangeError, like Buffer's own readers, if there are not enough. */
function part(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new RangeError(`${at + length} bytes are needed, ${bytes.length} are there`);
  return bytes.subarray(at, at + length);
}

function mac(bytes: Buffer, at: number): string {
  return part(bytes, at, 6)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:');
}

function ipv4(bytes: Buffer, at: number): string {
  return part(bytes, at, 4).join('.');
}

function ipv6(bytes: Buffer, at: number): string {
  return formatAddress(BigInt(`0x${part(bytes, at, 16).toString('hex')}`), 6);
}

/** Parses a frame as far as the checks need it; a truncated or unknown frame becomes `other`. */
export function parsePacket(frame: Frame, segment: string): Packet {
  const { bytes } = frame;
  const common: Common = {
    at: frame.at,
    segment,
    srcMac: bytes.length < 12 ? '' : mac(bytes, 6),
    dstMac: bytes.length < 12 ? '' : mac(bytes, 0),
  };
  try {
    return parseEthernet(bytes, 12, common) ?? { ...common, kind: 'other' };
  } catch (error) {
    // Also thrown for endlessly nested headers.
    if (error instanceof RangeError) return { ...common, kind: 'other' };
    throw error;
  }
}

function parseEthernet(bytes: Buffer, at: number, common: Common): Packet | undefined {
  const type = bytes.readUInt16BE(at);
  if (type === ETHER_VLAN)
    return parseEthernet(bytes, at + 4, { ...common, vlan: bytes.readUInt16BE(at + 2) & 0x0fff });
  const data = bytes.subarray(at + 2);
  if (type === ETHER_ARP) return parseArp(data, common);
  if (type === ETHER_IPV4) return parseIpv4(data, common);
  if (type === ETHER_IPV6) return parseIpv6(data, common);
  if (type === ETHER_MARK) return { ...common, kind: 'mark', number: data.readUInt32BE(0) };
  return undefined;
}

function parseArp(data: Buffer, common: Common): Packet | undefined {
  const op = data.readUInt16BE(6);
  if (op !== 1 && op !== 2) return undefined;
  return {
    ...common,
    kind: 'arp',
    op: op === 1 ? 'request' : 'reply',
    senderMac: mac(data, 8),
    sender: ipv4(data, 14),
    target: ipv4(data, 24),
  };
}

type Ip = Common & Pick<IpPacket, 'src' | 'dst' | 'ttl' | 'length' | 'outer'>;

function parseIpv4(data: Buffer, common: Common, outer?: Outer): Packet | undefined {
  const header = (data.readUInt8(0) & 15) << 2;
  if (data.readUInt8(0) >> 4 !== 4 || header < 20) return undefined;
  const length = data.readUInt16BE(2);
  if ((data.readUInt16BE(6) & 0x1fff) !== 0) return undefined; // a later fragment has no ports
  const ip: Ip = {
    ...common,
    src: ipv4(data, 12),
    dst: ipv4(data, 16),
    ttl: data.readUInt8(8),
    length,
    ...(outer ? { outer } : {}),
  };
  return parseTransport(data.readUInt8(9), data.subarray(header, length), ip, 4, data.subarray(20, header));
}

function parseIpv6(data: Buffer, common: Common, outer?: Outer): Packet | undefined {
  if (data.readUInt8(0) >> 4 !== 6) return undefined;
  const length = 40 + data.readUInt16BE(4);
  const ip: Ip = {
    ...common,
    src: ipv6(data, 8),
    dst: ipv6(data, 24),
    ttl: data.readUInt8(7),
    length,
    ...(outer ? { outer } : {}),
  };
  let protocol = data.readUInt8(6);
  let at = 40;
  // Linux adds a tunnel encapsulation limit (RFC 2473) in front of the payload of its tunnels.
  while (protocol === 0 || protocol === PROTO_DESTINATION_OPTIONS) {
    protocol = data.readUInt8(at);
    at += (data.readUInt8(at + 1) + 1) * 8;
  }
  return parseTransport(protocol, data.subarray(at, length), ip, 6);
}

/** Parses what an IP header carries; `options` are those of an IPv4 header. */
function parseTransport(
  protocol: number,
  data: Buffer,
  ip: Ip,
  family: 4 | 6,
  options: Buffer = Buffer.of(),
): Packet | undefined {
  switch (protocol) {
    case PROTO_TCP:
      return parseTcp(data, ip);
    case PROTO_UDP:
      return parseUdp(data, ip, options);
    case PROTO_ICMP:
    case PROTO_ICMPV6:
      return parseIcmp(data, ip, family);
    case PROTO_VRRP:
      return parseVrrp(data, ip, family);
    case PROTO_IPIP:
    case PROTO_IPV6:
    case PROTO_GRE:
      return parseTunnel(protocol, data, ip);
    default:
      return undefined;
  }
}

function parseTunnel(protocol: number, data: Buffer, ip: Ip): Packet | undefined {
  const { outer: _, src, dst, ttl, length, ...common } = ip;
  const outer: Outer = { kind: protocol === PROTO_GRE ? 'gre' : 'ipip', src, dst, ttl, length };
  if (protocol === PROTO_IPIP) return parseIpv4(data, common, outer);
  if (protocol === PROTO_IPV6) return parseIpv6(data, common, outer);
  // Checksum, key and sequence number (RFC 2890) take four bytes each if their flag is set.
  const flags = data.readUInt16BE(0);
  const header = 4 + [0x8000, 0x2000, 0x1000].filter((bit) => (flags & bit) !== 0).length * 4;
  const type = data.readUInt16BE(2);
  if (type === ETHER_IPV4) return parseIpv4(data.subarray(header), common, outer);
  return type === ETHER_IPV6 ? parseIpv6(data.subarray(header), common, outer) : undefined;
}

/**
 * Returns the client that an option of this kind names: a port, and an IPv4 or IPv6 address. Options of IP and TCP have
 * the same form: 0 ends the list, 1 is a filler, any other kind has a length. Returns undefined if no option of this
 * kind and of one of these lengths stands in front of the end, or of an option that is malformed.
 */
function clientOption(options: Buffer, wanted: number): ClientAddress | undefined {
  let length: number;
  for (let at = 0; at < options.length; at += length) {
    const kind = options.readUInt8(at);
    if (kind === 0) return undefined;
    length = kind === 1 ? 1 : (options[at + 1] ?? 0);
    if ((kind !== 1 && length < 2) || at + length > options.length) return undefined;
    if (kind === wanted && (length === 8 || length === 20)) {
      const address = length === 8 ? ipv4(options, at + 4) : ipv6(options, at + 4);
      return { address, port: options.readUInt16BE(at + 2) };
    }
  }
  return undefined;
}

function parseUdp(data: Buffer, ip: Ip, options: Buffer): Packet {
  const uoa = clientOption(options, OPTION_UOA);
  return {
    ...ip,
    kind: 'udp',
    srcPort: data.readUInt16BE(0),
    dstPort: data.readUInt16BE(2),
    ...(uoa ? { uoa } : {}),
    payload: data.subarray(8),
  };
}

function parseTcp(data: Buffer, ip: Ip): Packet {
  const flags = data.readUInt8(13);
  const header = (data.readUInt8(12) >> 4) << 2;
  const toa = clientOption(data.subarray(20, header), OPTION_TOA);
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
    ...(toa ? { toa } : {}),
    payload: data.subarray(header),
  };
}

function parseIcmp(data: Buffer, ip: Ip, family: 4 | 6): Packet {
  const type = data.readUInt8(0);
  const code = data.readUInt8(1);
  if (family === 6 && (type === 135 || type === 136)) {
    const { src: _src, dst: _dst, ttl: _ttl, length: _length, outer: _outer, ...common } = ip;
    return {
      ...common,
      kind: 'neighbour',
      op: type === 135 ? 'solicitation' : 'advertisement',
      target: ipv6(data, 8),
    };
  }
  const mtu =
    family === 4 && type === 3 && code === 4
      ? data.readUInt16BE(6)
      : family === 6 && type === 2
        ? data.readUInt32BE(4)
        : undefined;
  return { ...ip, kind: 'icmp', family, type, code, ...(mtu === undefined ? {} : { mtu }) };
}

function parseVrrp(data: Buffer, ip: Ip, family: 4 | 6): Packet {
  const count = data.readUInt8(3);
  const size = family === 4 ? 4 : 16;
  return {
    ...ip,
    kind: 'vrrp',
    version: data.readUInt8(0) >> 4,
    id: data.readUInt8(1),
    priority: data.readUInt8(2),
    addresses: Array.from({ length: count }, (_, i) =>
      family === 4 ? ipv4(data, 8 + i * size) : ipv6(data, 8 + i * size),
    ),
  };
}
