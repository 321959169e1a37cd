import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Hand } from '../plan/hand.ts';

/** What a fault is aimed at: `NODE`, `NODE/PROGRAM`, `NODE@SEGMENT`, or `NODE+NODE`. */
export type Aim = 'node' | 'program' | 'node or program' | 'wires' | 'pair' | 'server' | 'announcer';

/** What stands behind `=`. */
export interface Amount {
  /** In a user's words. */
  readonly expects: string;
  /** What it is when nothing is written; without it the amount must be. */
  readonly standard?: string;
  /** Whether this is one. */
  readonly fits: (text: string) => boolean;
}

/** What becomes of a director's adverts of one VRRP instance. */
export type Adverts = 'go on' | 'stop' | 'resign';

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
  /** Makes it beside those that stand, and looks that it has happened. Throws CannotObserve when it has not. */
  inject(hand: Hand, fault: Fault, beside: readonly Fault[]): Promise<Stamp>;
  /** Undoes it and leaves those that stand beside it; no harm where it does not stand. `bootDeadline` in milliseconds. */
  heal(hand: Hand, fault: Fault, beside: readonly Fault[], bootDeadline: number): Promise<Stamp>;
  /** What it does to the adverts that its node sends. */
  readonly adverts: (fault: Fault, vrrp: VrrpInstance, lab: Lab) => Adverts;
}
