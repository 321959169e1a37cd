/** The table of a director's load balancer, the same type for every driver. */
export interface ServiceTable {
  readonly services: readonly TableService[];
  /** For how many seconds connections are kept; only if requested. */
  readonly timeouts?: TableTimeouts;
}

/** For how many seconds connections are kept: established, after a FIN, and UDP. */
export interface TableTimeouts {
  readonly tcp: number;
  readonly fin: number;
  readonly udp: number;
}

export interface TableService {
  /** tcp, udp or sctp; fwm for a firewall mark, match for a description of packets, which are then in `address`. */
  readonly protocol: string;
  /** The VIP; a firewall mark as a number. */
  readonly address: string;
  readonly port: number;
  /** The family of a firewall mark's packets; absent for a VIP. */
  readonly family?: 4 | 6;
  readonly scheduler: string;
  /** Seconds; absent if the service is not persistent. */
  readonly persistence?: number;
  /** Persistence treats clients that share this many leading bits as one; absent if each address counts alone. */
  readonly mask?: number;
  /** All other words that the balancer's own tool prints for the service: `(sh-port)`, `ops`, `pe sip`. */
  readonly flags: readonly string[];
  readonly reals: readonly TableReal[];
}

export interface TableReal {
  readonly address: string;
  readonly port: number;
  /** Masq, Route, Tunnel, FullNat..., as printed by the balancer's own tool. */
  readonly forward: string;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /**
   * The maximum number of connections, and the number at which the server accepts new ones again; 0: no limit. Only if
   * requested.
   */
  readonly upper?: number;
  readonly lower?: number;
  /** The kind of tunnel, `n/a` if there is none; only if requested. */
  readonly tunnel?: string;
  /** Totals since the server was added; only if requested. */
  readonly stats?: Counters;
  /** Averages of the last seconds; only if requested. */
  readonly rate?: Counters;
}

/** A connection that a director knows, or a persistence template, whose client port is 0. */
export interface TableConnection {
  readonly client: string;
  readonly clientPort: number;
  /** The service's address and port. */
  readonly address: string;
  readonly port: number;
}

/** An address that a node holds, with its prefix (`192.168.100.254/32`), and its interface. */
export interface HeldAddress {
  readonly interface: string;
  readonly address: string;
}

/** Connections, packets and bytes: in total, or per second. */
export interface Counters {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}
