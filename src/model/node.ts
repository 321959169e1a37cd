import type { BondMode, DeviceKind, DriverName, KernelChoice, Need, NodeKind, ServedProtocol } from './words.ts';

export interface LabNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly kernel: KernelChoice;
  /** What its kernel must be able to do, by the lab file's own list. */
  readonly needs: readonly Need[];
  /** The load balancer; on directors only. */
  readonly driver?: DriverName;
  /** Number of threads that carry packets; on directors whose driver has such threads, 1 if absent. */
  readonly workers?: number;
  /** Network cards, in the order of the segments, then those of the node’s own list. */
  readonly interfaces: readonly Interface[];
  /**
   * Whether its cards show the carrier of their wires: needed if VRRP tracks a segment, or instances change state
   * together.
   */
  readonly carrier: boolean;
  /** Bonds, VLANs, bridges and tunnels, each after the links below it. */
  readonly devices: readonly Device[];
  readonly routes: readonly Route[];
  /** Local addresses of Full-NAT. */
  readonly lips: readonly Lip[];
  /** Addresses of the kernel on the KNI device of a card, beside a driver that has the card for itself. */
  readonly kni?: readonly KniAddress[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Ports on which a plain server answers, in addition to those of services. */
  readonly serve: readonly ServedPort[];
  /** Whether the user's own script sets up the services here, and the lab does not. */
  readonly manual: boolean;
  /** The user's own setup script. */
  readonly setup?: UserFile;
  /** The user's own keepalived.conf. */
  readonly keepalived?: UserFile;
  /** The user's own files, by their path in the node. */
  readonly files: Readonly<Record<string, UserFile>>;
}

export interface HostAddress {
  readonly address: string;
  readonly prefix: number;
}

export interface Interface {
  /** Name inside the node: eth0, eth1 and so on, or the one in the lab file. */
  readonly name: string;
  readonly segment: string;
  readonly addresses: readonly HostAddress[];
  /** Unique in the lab; derived from the first address if possible, so that a capture is readable. */
  readonly mac: string;
  /** Bytes of the largest IP packet, if not 1500. */
  readonly mtu?: number;
}

interface DeviceBase {
  readonly name: string;
  readonly addresses: readonly HostAddress[];
  readonly mac: string;
  /** Bytes of the largest IP packet, if the kernel does not derive it from what is below. */
  readonly mtu?: number;
}

interface Tunnel {
  readonly local: string;
  readonly remote: string;
}

/** The properties of each kind of device; `over` names interfaces and devices of the same node. */
interface DeviceOf {
  readonly bond: { readonly mode: BondMode; readonly over: readonly string[] };
  readonly vlan: { readonly id: number; readonly over: readonly string[] };
  readonly bridge: { readonly over: readonly string[] };
  readonly gre: Tunnel;
  readonly ipip: Tunnel;
}

/** A virtual device. */
export type Device = { [K in DeviceKind]: DeviceBase & { readonly kind: K } & DeviceOf[K] }[DeviceKind];

/** A port in a node's own list, in addition to those of services. */
export interface ServedPort {
  readonly protocol: ServedProtocol;
  readonly port: number;
}

/** A route: `default` or a network, through a gateway or a device; without either, packets are dropped. */
export interface Route {
  /** A network, an address, or `default` for the whole of IPv4. */
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
}

export interface Lip {
  readonly address: string;
  readonly interface: string;
}

/** An address of the kernel on the KNI device of an interface. */
export interface KniAddress extends HostAddress {
  readonly interface: string;
}

/** A file of the user: bytes of any kind. */
export interface UserFile {
  /** Its name in the lab file; only for messages. */
  readonly path: string;
  /** Its bytes in base64 (RFC 4648 §4). */
  readonly base64: string;
  /** Its permission bits on the caller’s machine (chmod(2)), which it has in the node, too. */
  readonly mode: number;
}
