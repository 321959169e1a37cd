import type { HostAddress } from './node.ts';
import type { Vmac } from './words.ts';

export interface VrrpInstance {
  readonly name: string;
  readonly segment: string;
  readonly id: number;
  readonly version: 2 | 3;
  /** Milliseconds between two adverts. */
  readonly advert: number;
  readonly password?: string;
  /** Highest priority first; of equal ones the higher address first, which wins between two masters (RFC 5798 §6.4.3). */
  readonly members: readonly VrrpMember[];
  /** All addresses that it moves, those of its services first. */
  readonly addresses: readonly HostAddress[];
  readonly services: readonly string[];
  /** Whether adverts are sent only to the other members. */
  readonly unicast: boolean;
  /** The multicast group of adverts, if it is not the standard one. */
  readonly group?: string;
  /** Whether a better director takes over from a working one, and after how many milliseconds. */
  readonly preempt: boolean;
  readonly preemptDelay: number;
  /** Milliseconds between the master's repeated announcements of its addresses; 0: never. */
  readonly refresh: number;
  /** How it uses its virtual MAC address; not at all if absent. */
  readonly vmac?: Vmac;
  /** Instances in one group change state together. */
  readonly sync?: string;
  /** Whether the master sends its connections to the others, from the instance's interface. */
  readonly syncDaemon: boolean;
  readonly track: readonly VrrpTrack[];
}

export interface VrrpMember {
  readonly node: string;
  /** Its priority while all that is tracked is well: the configured one, and the positive weights, 254 at most. */
  readonly priority: number;
  readonly configured: number;
  /** The interface or device that runs VRRP. */
  readonly device: string;
}

/**
 * What changes a director's priority: a script, or the interface on a segment. A negative weight is added while it fails, a
 * positive one while it is well; without a weight, the instance enters the fault state when it fails (keepalived.conf(5)).
 */
export type VrrpTrack = { readonly weight: number } & (
  | {
      readonly script: string;
      /** Milliseconds between two runs. */
      readonly every: number;
      /** How often in a row it must succeed, or fail, to count (vrrp_script in keepalived.conf(5)). */
      readonly rise: number;
      readonly fall: number;
    }
  /** Each member's link to that segment. */
  | { readonly segment: string; readonly devices: readonly { readonly node: string; readonly device: string }[] }
);
