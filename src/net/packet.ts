/** What every frame has. */
export interface Common {
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
export interface IpPacket extends Common {
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

/** A packet of SCTP (RFC 9260). */
export interface SctpPacket extends IpPacket {
  readonly kind: 'sctp';
  readonly srcPort: number;
  readonly dstPort: number;
  /** Its first chunk: INIT opens an association, ABORT ends it at once. */
  readonly chunk: 'data' | 'init' | 'abort' | 'other';
  /** Everything behind the common header: a translation of addresses leaves it as it is. */
  readonly payload: Buffer;
}

export interface IcmpPacket extends IpPacket {
  readonly kind: 'icmp';
  readonly family: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** For "fragmentation needed" and "packet too big": the size that fits. */
  readonly mtu?: number;
  /** For an error: the packet that it is about, as far as it is quoted (RFC 792, RFC 4443). */
  readonly about?: Quoted;
}

/** The head of a packet that an ICMP error quotes. */
export interface Quoted {
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  /** Bytes of the whole packet. */
  readonly length: number;
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
  | SctpPacket
  | IcmpPacket
  | VrrpPacket
  | MarkPacket
  | OtherPacket;
