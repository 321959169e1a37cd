import type { Fault } from '../model/fault.ts';
import { UNDO_MS } from '../plan/changes.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { type Change, noted } from '../plan/journal.ts';
import type { Span, Stamp, Standing } from './fault.ts';
import { faults } from './index.ts';
import { parseFault } from './parse.ts';

/** Injects a fault, which stays in the lab's journal until it is healed. Throws CannotObserve if it has no effect. */
export async function inject(hand: Hand, fault: Fault): Promise<Stamp> {
  return hand.changes.make([healing(fault, UNDO_MS)], (steady, others) =>
    faults[fault.kind].inject(steady, fault, withStories(faultsOf(hand, others))),
  );
}

/** Heals a fault, also one injected by another process or before an abort; `bootDeadline` in milliseconds. */
export async function heal(hand: Hand, fault: Fault, bootDeadline: number): Promise<Stamp> {
  const [at = 0] = await hand.changes.undo([healing(fault, bootDeadline)], bootDeadline);
  return at;
}

/** Returns between which times a change took effect that was just made in a lab. */
export async function spanOf(hand: Hand, change: Promise<Stamp>): Promise<Span> {
  const at = await change;
  return { at, done: Math.max(at, await hand.now()) };
}

/** Undoes any change in the lab's journal. Throws CannotObserve for a fault that this lab does not have. */
export async function putBack(hand: Hand, change: Change, bootDeadline: number): Promise<Stamp> {
  if ('fault' in change) {
    const [fault] = faultsOf(hand, [change]);
    if (!fault) throw new CannotObserve(`unknown fault "${change.fault}" in the journal`);
    return heal(hand, fault, bootDeadline);
  }
  const undo = async (late: Hand) => (await late.timed(change.node, change.command)).at;
  const [at = 0] = await hand.changes.undo([{ change, undo }]);
  return at;
}

/** Injects again the other active faults of a node that has restarted. Returns these faults. */
export async function renew(hand: Hand, node: string): Promise<readonly Fault[]> {
  const own = (await standing(hand)).filter((f) => f.node === node);
  for (const fault of own) await inject(hand, fault);
  return own;
}

/** Returns the active faults, the oldest first. */
export async function standing(hand: Hand): Promise<readonly Fault[]> {
  return faultsOf(hand, await noted(hand));
}

/** Returns a fault as a change, and how to undo it beside the faults that are then active. */
function healing(fault: Fault, bootDeadline: number) {
  return {
    change: { fault: fault.text },
    undo: async (late: Hand): Promise<Stamp> => {
      const beside = (await standing(late)).filter((other) => other.text !== fault.text);
      return faults[fault.kind].heal(late, fault, withStories(beside), bootDeadline);
    },
  };
}

function faultsOf(hand: Hand, changes: readonly Change[]): readonly Fault[] {
  return changes.flatMap((change) => {
    const fault = 'fault' in change ? parseFault(change.fault, hand.lab) : undefined;
    return fault?.ok ? [fault.value] : [];
  });
}

function withStories(standing: readonly Fault[]): readonly Standing[] {
  return standing.map((fault) => ({ fault, story: faults[fault.kind] }));
}
