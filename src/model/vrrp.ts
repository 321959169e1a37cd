import type { HostAddress } from './node.ts';

export interface VrrpInstance {
  readonly name: string;
  readonly segment: string;
  readonly id: number;
  readonly version: 2 | 3;
  /** Milliseconds between two adverts. */
  readonly advert: number;
  readonly password?: string;
  /** Highest priority first. */
  readonly members: readonly VrrpMember[];
  /** Every address that it moves, those of its services first. */
  readonly addresses: readonly HostAddress[];
  readonly services: readonly string[];
  /** Adverts go to the other members alone. */
  readonly unicast: boolean;
  /** The multicast group of adverts, where it is not the standard's. */
  readonly group?: string;
  /** Whether a better director takes over from one that works, and after how many milliseconds. */
  readonly preempt: boolean;
  readonly preemptDelay: number;
  /** Milliseconds after which the master announces its addresses again and again; 0: never. */
  readonly refresh: number;
  /** Instances of one group change state together. */
  readonly sync?: string;
  /** The master sends its connections to the others, from the instance's interface. */
  readonly syncDaemon: boolean;
  readonly track: readonly VrrpTrack[];
}

export interface VrrpMember {
  readonly node: string;
  readonly priority: number;
  /** The interface or device that speaks VRRP. */
  readonly device: string;
}

/** What moves a director's priority: a script that fails, or a segment whose interface is down; without weight it is a fault. */
export type VrrpTrack = { readonly weight: number } & (
  | { readonly script: string; readonly every: number }
  /** The link of each member on that segment. */
  | { readonly segment: string; readonly devices: readonly { readonly node: string; readonly device: string }[] }
);
