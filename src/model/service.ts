import type { HealthCheck } from './health.ts';
import type { App, Mode, Protocol, Scheduler } from './words.ts';

export interface Service {
  readonly name: string;
  readonly vip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: Mode;
  readonly scheduler: Scheduler;
  /** For sh and mh: whether the client's port is hashed in addition to its address. */
  readonly hashesPort: boolean;
  readonly reals: readonly Real[];
  readonly health?: HealthCheck;
  readonly persistence?: Persistence;
  readonly quorum?: Quorum;
  /** The sorry server, which answers when no real server does. */
  readonly sorry?: { readonly node: string; readonly address: string; readonly port: number };
  /** The app that answers. */
  readonly app: App;
}

export interface Real {
  readonly node: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

export interface Persistence {
  /** Milliseconds for which a client stays with its real server. */
  readonly time: number;
  /** Clients that share this many leading bits count as one. */
  readonly mask: number;
}

/** The weight of live real servers that a service needs, and the commands that run when it is reached or lost. */
export interface Quorum {
  readonly weight: number;
  readonly up?: string;
  readonly down?: string;
}

/** Milliseconds for which IPVS keeps a connection: established, after its FIN, and UDP. */
export interface Timeouts {
  readonly tcp: number;
  readonly fin: number;
  readonly udp: number;
}
