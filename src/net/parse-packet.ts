import { formatAddress } from './cidr.ts';
import type { ClientAddress, Common, IpPacket, Outer, Packet, Quoted, SctpPacket } from './packet.ts';
import type { Frame } from './pcap.ts';

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
const PROTO_SCTP = 132;
/** Chunks of SCTP by their types (RFC 9260 §3.2). */
const SCTP_CHUNKS: Readonly<Record<number, SctpPacket['chunk']>> = { 0: 'data', 1: 'init', 6: 'abort' };
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
    case PROTO_SCTP:
      return parseSctp(data, ip);
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

function parseSctp(data: Buffer, ip: Ip): Packet {
  return {
    ...ip,
    kind: 'sctp',
    srcPort: data.readUInt16BE(0),
    dstPort: data.readUInt16BE(2),
    chunk: SCTP_CHUNKS[data.readUInt8(12)] ?? 'other',
    payload: data.subarray(12),
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
  const about = isError(family, type) ? quoted(data.subarray(8), family) : undefined;
  return {
    ...ip,
    kind: 'icmp',
    family,
    type,
    code,
    ...(mtu === undefined ? {} : { mtu }),
    ...(about === undefined ? {} : { about }),
  };
}

/** Returns whether a message of ICMP (RFC 792) or ICMPv6 (RFC 4443) is an error, which quotes a packet. */
function isError(family: 4 | 6, type: number): boolean {
  return family === 4 ? [3, 4, 11, 12].includes(type) : type < 128;
}

/** Returns the TCP, UDP or SCTP packet that an ICMP error quotes; undefined if it quotes another one, or too little of it. */
function quoted(data: Buffer, family: 4 | 6): Quoted | undefined {
  const header = family === 4 ? ((data[0] ?? 0) & 15) << 2 : 40;
  if (data.length < header + 4 || (family === 4 && header < 20)) return undefined;
  const protocol = data.readUInt8(family === 4 ? 9 : 6);
  if (![PROTO_TCP, PROTO_UDP, PROTO_SCTP].includes(protocol)) return undefined;
  const [src, dst] = family === 4 ? [ipv4(data, 12), ipv4(data, 16)] : [ipv6(data, 8), ipv6(data, 24)];
  const length = family === 4 ? data.readUInt16BE(2) : 40 + data.readUInt16BE(4);
  return { src, dst, srcPort: data.readUInt16BE(header), dstPort: data.readUInt16BE(header + 2), length };
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
