import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Hand } from '../plan/hand.ts';

/** What a fault is aimed at: `NODE`, `NODE/PROGRAM`, `NODE@SEGMENT`, or `NODE+NODE`; an announcer is a director that announces its VIPs by OSPF. */
export type Aim =
  | 'node'
  | 'program'
  | 'node or program'
  | 'wires'
  | 'pair'
  | 'server'
  | 'announcer'
  | 'server or announcer';

/** What stands behind `=`. */
export interface Amount {
  /** In a user's words. */
  readonly expects: string;
  /** What it is when nothing is written; without it the amount must be. */
  readonly standard?: string;
  /** Whether this is one. */
  readonly fits: (text: string) => boolean;
}

/** What becomes of a director's adverts of one VRRP instance; split: they go on, and another member does not hear them. */
export type Adverts = 'go on' | 'stop' | 'resign' | 'split';

/** What OSPF neighbours notice of a director: it stays, falls silent, does so while its BFD goes on, or says that it goes. */
export type Routing = 'stays' | 'silent' | 'silent beside BFD' | 'told';

/**
 * What becomes of a real server for those that check it and speak to it: it keeps what it has, refuses, does not
 * answer, or takes connections and does not answer on them; open: nothing in a configuration bounds what it does.
 */
export type Serving = 'keeps' | 'refuses' | 'silent' | 'accepts' | 'open';

/** Times of a fault in microseconds of the engine's wall clock, taken where it is made, right before it. */
export type Stamp = number;

/** A kind of fault: how it is written, made, proven and undone. */
export interface FaultStory {
  readonly aim: Aim;
  readonly amount?: Amount;
  /** A line for `lab fault --help`. */
  readonly summary: string;
  /** What it is called once it stands, and once it is undone. */
  readonly words: (fault: Fault) => readonly [made: string, healed: string];
  /** What the netem of its node's wires is told for it, where it shapes what the node sends. */
  readonly netem?: (amount: string) => string;
  /** Makes it beside those that stand, and looks that it has happened. Throws CannotObserve when it has not. */
  inject(hand: Hand, fault: Fault, beside: readonly Standing[]): Promise<Stamp>;
  /** Undoes it and leaves those that stand beside it; no harm where it does not stand. `bootDeadline` in milliseconds. */
  heal(hand: Hand, fault: Fault, beside: readonly Standing[], bootDeadline: number): Promise<Stamp>;
  /** What it does to the adverts that its node sends. */
  readonly adverts: (fault: Fault, vrrp: VrrpInstance, lab: Lab) => Adverts;
  /** What it does to an OSPF domain in which its node announces VIPs. */
  readonly routing: (fault: Fault, domain: OspfDomain) => Routing;
  /** What it makes of its node as a real server. */
  readonly serving: (fault: Fault) => Serving;
  /** Its node, when it is a director and no instance's best, does not become a master by it: clients notice nothing. */
  readonly sparesBackup: boolean;
  /**
   * The best director, once this is healed, may say nothing: another yields to its first advert, and unless it hears
   * an advert in turn it does not know that it was not the only master, and has no cause for a gratuitous ARP.
   */
  readonly returnsUnaware: (fault: Fault, lab: Lab) => boolean;
  /**
   * What becomes of its whole node: where it ends, what else stood on it is gone with it; where it does not run, that
   * is wanted, and tells nothing of this machine.
   */
  readonly node: (fault: Fault) => 'runs' | 'stalls' | 'ends';
}

/** A fault that stands, with its story. */
export interface Standing {
  readonly fault: Fault;
  readonly story: FaultStory;
}
