/** What a director's load balancer holds, whichever it is. */
export interface ServiceTable {
  readonly services: readonly TableService[];
  /** How long connections are kept, in seconds, where it was asked for. */
  readonly timeouts?: TableTimeouts;
}

/** Seconds for which connections are kept: established, after a FIN, and of UDP. */
export interface TableTimeouts {
  readonly tcp: number;
  readonly fin: number;
  readonly udp: number;
}

export interface TableService {
  /** tcp, udp or sctp; fwm of a firewall mark, which is then the address. */
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly scheduler: string;
  /** Seconds; absent when the service is not persistent. */
  readonly persistence?: number;
  /** Clients that share this many leading bits are one to persistence; absent where each address is one. */
  readonly mask?: number;
  /** Whatever else the balancer's own tool prints of the service, word by word: `(sh-port)`, `ops`, `pe sip`. */
  readonly flags: readonly string[];
  readonly reals: readonly TableReal[];
}

export interface TableReal {
  readonly address: string;
  readonly port: number;
  /** Masq, Route, Tunnel, FullNat... as the balancer's own tool prints it. */
  readonly forward: string;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** The most connections, and where it counts as free again; 0: any number. Where they were asked for. */
  readonly upper?: number;
  readonly lower?: number;
  /** How a tunnel wraps, `n/a` of what is none, where it was asked for. */
  readonly tunnel?: string;
  /** Totals since the server was added, where they were asked for. */
  readonly stats?: Counters;
  /** Averages of the last seconds, where they were asked for. */
  readonly rate?: Counters;
}

/** A connection that a director knows, or a template of persistence: then the client's port is 0. */
export interface TableConnection {
  readonly client: string;
  readonly clientPort: number;
  /** The service's address and port. */
  readonly address: string;
  readonly port: number;
}

/** An address that a node holds, with its prefix (`192.168.100.254/32`), and on which interface. */
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
