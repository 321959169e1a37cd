import type { Address } from '../net/cidr.ts';
import type { Place } from './told.ts';

/** What keepalived.conf says, as far as a lab can say it; times in milliseconds. */
export interface Director {
  /** The file that it was read from. */
  readonly file: string;
  /** Its name in `@host` lines, if the configuration tells machines apart. */
  readonly host?: string | undefined;
  readonly instances: readonly Instance[];
  readonly services: readonly Virtual[];
  readonly scripts: ReadonlyMap<string, TrackScript>;
  readonly statics: readonly Held[];
  /** Local addresses of Full-NAT (DPVS). */
  readonly lips: readonly Address[];
  readonly timeouts?: { readonly tcp: number; readonly fin: number; readonly udp: number } | undefined;
  /** Programs that it runs, by their paths there, each once. */
  readonly programs: readonly Program[];
  /** Whether only DPVS's keepalived reads it. */
  readonly dpvs: boolean;
}

/** A program that a configuration names, and what becomes of it here. */
export interface Program {
  readonly path: string;
  readonly place: Place;
}

/** An address that a configuration puts on a device. */
export interface Held {
  readonly address: Address;
  /** Undefined where the configuration gives none: a single address. */
  readonly prefix: number | undefined;
  readonly dev: string | undefined;
  readonly place: Place;
}

export interface Instance {
  readonly name: string;
  readonly place: Place;
  /** Where each of its keywords stands, the last one if there are several. */
  readonly places: ReadonlyMap<string, Place>;
  readonly master: boolean;
  readonly device: string | undefined;
  readonly id: number;
  readonly priority: number;
  readonly advert: number;
  readonly version: 2 | 3 | undefined;
  readonly password: string | undefined;
  readonly vips: readonly Held[];
  readonly source: Address | undefined;
  readonly peers: readonly { readonly address: Address; readonly place: Place }[];
  readonly group: string | undefined;
  readonly preempt: boolean;
  readonly preemptDelay: number;
  readonly refresh: number;
  readonly sync: string | undefined;
  readonly syncDaemon: boolean;
  readonly tracked: readonly Tracked[];
  /** Whether its addresses have its virtual MAC address, and its adverts, too. */
  readonly vmac: 'all' | 'addresses' | undefined;
  /** Why the lab cannot promise it, if it cannot. */
  readonly beyond: { readonly place: Place; readonly text: string } | undefined;
}

/** What an instance tracks: a script by its name, or a device. */
export interface Tracked {
  readonly kind: 'script' | 'device';
  readonly name: string;
  readonly weight: number | undefined;
  readonly place: Place;
}

export interface TrackScript {
  readonly command: string;
  readonly every: number;
  readonly weight: number;
  readonly rise: number;
  readonly fall: number;
  readonly place: Place;
}

/** A virtual service: one address and port. */
export interface Virtual {
  readonly place: Place;
  readonly vip: Address;
  readonly port: number;
  readonly protocol: string;
  readonly mode: string;
  readonly scheduler: string;
  readonly hashesPort: boolean;
  readonly persistence: { readonly time: number; readonly mask: number | undefined } | undefined;
  /** Whether each datagram is scheduled by itself. */
  readonly ops: boolean;
  readonly reals: readonly RealServer[];
  readonly every: number;
  readonly quorum: { readonly weight: number; readonly up?: string; readonly down?: string } | undefined;
  readonly sorry: { readonly address: Address; readonly port: number; readonly place: Place } | undefined;
  /** Why the lab cannot promise it, if it cannot. */
  readonly beyond: { readonly place: Place; readonly text: string } | undefined;
}

export interface RealServer {
  readonly place: Place;
  readonly address: Address;
  readonly port: number;
  /** Its own forwarding method, or that of its service. */
  readonly mode: string;
  readonly weight: number;
  readonly inhibit: boolean;
  readonly checkers: readonly Checker[];
}

export type CheckerKind = 'tcp' | 'http' | 'ssl' | 'misc' | 'dns' | 'udp' | 'ping';

/** A health check of a real server. */
export interface Checker {
  readonly kind: CheckerKind;
  readonly place: Place;
  readonly timeout: number;
  readonly every: number | undefined;
  readonly retry: number;
  readonly pause: number;
  readonly port: number | undefined;
  /** The path that is asked for, the command that is run, or the name that is looked up. */
  readonly asks: string;
  /** The record type of a DNS query. */
  readonly type: string;
  readonly dynamic: boolean;
  /** Why it fails at the lab's own servers, or cannot be said in a lab file. */
  readonly beyond: string | undefined;
}
