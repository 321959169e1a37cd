/** What a director's load balancer holds, whichever it is. */
export interface ServiceTable {
  readonly services: readonly TableService[];
}

export interface TableService {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly scheduler: string;
  /** Seconds; absent when the service is not persistent. */
  readonly persistence?: number;
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
  /** Totals since the server was added, where they were asked for. */
  readonly stats?: Counters;
  /** Averages of the last seconds, where they were asked for. */
  readonly rate?: Counters;
}

/** Connections, packets and bytes: in total, or per second. */
export interface Counters {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}
