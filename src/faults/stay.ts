import type { Fault } from '../model/fault.ts';
import { notPutBack } from '../plan/changes.ts';
import type { Hand } from '../plan/hand.ts';
import { inject } from './standing.ts';

/**
 * Injects a fault that stays after this process, and returns its time in microseconds of the engine's wall clock; undoes it
 * if the hand's signal is aborted meanwhile.
 */
export async function injectToStay(hand: Hand, fault: Fault): Promise<number> {
  const { signal } = hand;
  const at = await inject(hand, fault);
  if (!signal.aborted) return at;
  const left = await hand.changes.undoAll();
  throw left.length > 0 ? notPutBack(hand.running.name, left, signal.reason) : signal.reason;
}
