import type { Domain } from '../model/bgp.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Hand } from '../plan/hand.ts';

/**
 * The target of a fault: `NODE`, `NODE/PROGRAM`, `NODE@SEGMENT`, or `NODE+NODE`; an announcer is a director that
 * announces its VIPs by OSPF.
 */
export type Aim =
  | 'node'
  | 'program'
  | 'node or program'
  | 'wires'
  | 'pair'
  | 'server'
  | 'announcer'
  | 'server or announcer';

/** The value after `=`. */
export interface Amount {
  /** A description of valid values, for users. */
  readonly expects: string;
  /** The default value; without one, the value is required. */
  readonly standard?: string;
  /** Returns whether a text is a valid value. */
  readonly fits: (text: string) => boolean;
}

/**
 * The effect of a fault on a director's adverts of one VRRP instance; split: they continue, and another member does not
 * hear them.
 */
export type Adverts = 'go on' | 'stop' | 'resign' | 'split';

/**
 * The effect of a fault on a director's OSPF neighbours: the director stays, falls silent, falls silent while its BFD
 * continues, or tells them that it leaves.
 */
export type Routing = 'stays' | 'silent' | 'silent beside BFD' | 'told';

/**
 * The effect of a fault on a real server, as seen by health checks and clients: it keeps its connections, refuses, does
 * not answer, or accepts connections and does not answer on them; open: no configured timer limits the effect.
 */
export type Serving = 'keeps' | 'refuses' | 'silent' | 'accepts' | 'open';

/**
 * The time of a fault in microseconds of the engine's wall clock, taken where the fault is injected, immediately before
 * it.
 */
export type Stamp = number;

/**
 * The times between which a change to a running lab took effect, in microseconds of the engine's wall clock: a busy
 * machine may take seconds to carry out a command that it has begun.
 */
export interface Span {
  readonly at: Stamp;
  readonly done: Stamp;
}

/** A kind of fault: its syntax, and how to inject, verify and heal it. */
export interface FaultStory {
  readonly aim: Aim;
  readonly amount?: Amount;
  /** The only programs that it can hit, all of them on directors; any program of any node if absent. */
  readonly programs?: readonly string[];
  /** A line for `lab fault --help`. */
  readonly summary: string;
  /** Returns the words for the active and for the healed fault. */
  readonly words: (fault: Fault) => readonly [made: string, healed: string];
  /** Returns the netem arguments for its node's wires, if it shapes what the node sends. */
  readonly netem?: (amount: string) => string;
  /** Injects the fault beside the active ones, and verifies its effect. Throws CannotObserve if there is none. */
  inject(hand: Hand, fault: Fault, beside: readonly Standing[]): Promise<Stamp>;
  /**
   * Heals the fault and keeps the active ones beside it; does no harm if it is not active. `bootDeadline` in
   * milliseconds.
   */
  heal(hand: Hand, fault: Fault, beside: readonly Standing[], bootDeadline: number): Promise<Stamp>;
  /** Returns its effect on the adverts that its node sends. */
  readonly adverts: (fault: Fault, vrrp: VrrpInstance, lab: Lab) => Adverts;
  /** Returns its effect on an OSPF domain in which its node announces VIPs. */
  readonly routing: (fault: Fault, domain: Domain, lab: Lab) => Routing;
  /** Returns its effect on its node as a real server. */
  readonly serving: (fault: Fault) => Serving;
  /** Why not one request may be lost because of the fault, or of its end; absent if some may. */
  readonly spares?: string;
  /**
   * If its node is a director that is no instance's best member, the fault does not make it master: clients notice
   * nothing.
   */
  readonly sparesBackup: boolean;
  /**
   * Whether the best director may send no announcement after this fault is healed: another master yields to its first
   * advert, and unless the best director receives an advert in turn, it does not know that there was another master,
   * and has no reason for a gratuitous ARP.
   */
  readonly returnsUnaware: (fault: Fault, lab: Lab) => boolean;
  /**
   * Whether its node, if it was master before, is still master in its own eyes when the fault is healed: nothing of it has
   * ended, and it has noticed nothing.
   */
  readonly staysMaster: (fault: Fault, lab: Lab) => boolean;
  /**
   * The effect on its whole node. If the node ends, other faults on it end too; if the node does not run, this is
   * intended, and says nothing about this machine.
   */
  readonly node: (fault: Fault) => 'runs' | 'stalls' | 'ends';
}

/** An active fault, with its kind. */
export interface Standing {
  readonly fault: Fault;
  readonly story: FaultStory;
}
