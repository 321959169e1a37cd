import type { BondMode, DeviceKind, DriverName, KernelChoice, NodeKind, ServedProtocol } from './words.ts';

export interface LabNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly kernel: KernelChoice;
  /** On directors: the load balancer that they run. */
  readonly driver?: DriverName;
  /** Network cards, eth0 first. */
  readonly interfaces: readonly Interface[];
  /** Its cards show whether their wire is alive: VRRP tracks one, or instances change state together. */
  readonly carrier: boolean;
  /** Bonds, VLANs, bridges and tunnels, each after what it stands on. */
  readonly devices: readonly Device[];
  readonly routes: readonly Route[];
  /** Local addresses of Full-NAT. */
  readonly lips: readonly Lip[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Ports that a plain server answers on, beside those of services. */
  readonly serve: readonly ServedPort[];
  /** Nothing of the services is prepared here: the user's own script does it. */
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
  /** Name inside the node: eth0, eth1 and so on. */
  readonly name: string;
  readonly segment: string;
  readonly addresses: readonly HostAddress[];
  /** Nobody else's in the lab; made from the first address where it can be, so that a capture can be read by eye. */
  readonly mac: string;
}

interface DeviceBase {
  readonly name: string;
  readonly addresses: readonly HostAddress[];
  readonly mac: string;
}

interface Tunnel {
  readonly local: string;
  readonly remote: string;
}

/** What each kind of device has of its own; `over` names interfaces and devices of the same node. */
interface DeviceOf {
  readonly bond: { readonly mode: BondMode; readonly over: readonly string[] };
  readonly vlan: { readonly id: number; readonly over: readonly string[] };
  readonly bridge: { readonly over: readonly string[] };
  readonly gre: Tunnel;
  readonly ipip: Tunnel;
}

/** A virtual device. */
export type Device = { [K in DeviceKind]: DeviceBase & { readonly kind: K } & DeviceOf[K] }[DeviceKind];

/** A port of a node's own list, beside those of services. */
export interface ServedPort {
  readonly protocol: ServedProtocol;
  readonly port: number;
}

/** A route: `default` or a network, by a gateway or a device; by neither, packets are dropped. */
export interface Route {
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
}

export interface Lip {
  readonly address: string;
  readonly interface: string;
}

/** A file of the user's: bytes, whatever they mean. */
export interface UserFile {
  /** As the lab file names it; only for messages. */
  readonly path: string;
  /** Its bytes (RFC 4648 §4). */
  readonly base64: string;
  readonly executable: boolean;
}
