import type { Supervision } from './health.ts';
import type { App, Mode, Protocol, Scheduler } from './words.ts';

export interface Service extends Supervision {
  readonly name: string;
  readonly vip: string;
  /** The port that clients ask; the first of them if `entry` takes every port. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: Mode;
  readonly scheduler: Scheduler;
  /** For sh and mh: whether the client's port is hashed in addition to its address. */
  readonly hashesPort: boolean;
  /** Whether each datagram is scheduled by itself, without a connection (one-packet scheduling); false if absent. */
  readonly ops?: boolean;
  /** What a director's table has it under, if not its VIP and port. */
  readonly entry?: Entry;
  readonly reals: readonly Real[];
  /** The LIPs that it uses of those of its directors, in Full-NAT; if absent, see `lipsOf`. */
  readonly lips?: readonly string[];
  /**
   * Whether the user's own rules make the directors replace the client's address by theirs (MASQUERADE, SNAT): real
   * servers see the director, and need no route to the client.
   */
  readonly masquerades?: true;
  readonly persistence?: Persistence;
  /** The sorry server, which answers when no real server does. */
  readonly sorry?: { readonly node: string; readonly address: string; readonly port: number };
  /** The app that answers. */
  readonly app: App;
}

/**
 * An entry of a director's table that takes more than one port of a VIP: every port that no other entry takes, of which
 * clients ask some; or all packets with a firewall mark, also of other services.
 */
export type Entry =
  | { readonly kind: 'ports'; readonly asked: readonly number[] }
  | { readonly kind: 'mark'; readonly mark: number };

export interface Real {
  readonly node: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Its forwarding mode, if another than the service's. */
  readonly mode?: Mode;
  /** Its port in a director's table, if another than its own: with 0 packets keep their port. */
  readonly listed?: number;
}

export interface Persistence {
  /** Milliseconds for which a client stays with its real server. */
  readonly time: number;
  /** Clients that share this many leading bits count as one. */
  readonly mask: number;
}

/** Milliseconds for which IPVS keeps a connection: established, after its FIN, and UDP. */
export interface Timeouts {
  readonly tcp: number;
  readonly fin: number;
  readonly udp: number;
}
