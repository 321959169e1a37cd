import type { Fault } from '../model/fault.ts';
import { notPutBack } from '../plan/changes.ts';
import type { Hand } from '../plan/hand.ts';
import { type Change, noted, wordsOf } from '../plan/journal.ts';
import { faults } from './index.ts';
import { parseFault } from './parse.ts';
import { endedAgain } from './program.ts';
import { putBack, renew } from './standing.ts';

/** Milliseconds in which the commands of a change must end after the process that started them was killed. */
const ENDING_MS = 20_000;

/** Something that `healAll` did, in words; `at`: when, in microseconds of the engine's wall clock. */
export interface Healed {
  readonly text: string;
  readonly at?: number;
}

/**
 * Heals one fault, or, without one, undoes all changes in the lab's journal, the newest first, including temporary
 * changes of a test that was killed. A change that cannot be undone does not keep the others from being undone. Tells
 * each thing that was done. Throws what could not be undone.
 */
export async function healAll(
  hand: Hand,
  wanted: Fault | undefined,
  bootDeadline: number,
  tell: (healed: Healed) => void,
): Promise<void> {
  const { signal } = hand;
  // A change that a killed process had started must not take effect after it is undone.
  await hand.changesEnded(ENDING_MS);
  const all: readonly Change[] = wanted ? [{ fault: wanted.text }] : [...(await noted(hand))].reverse();
  if (all.length === 0) tell({ text: 'no active faults' });
  const attempt = async (change: Change): Promise<string | undefined> => {
    const one = 'fault' in change ? parseFault(change.fault, hand.lab) : undefined;
    const text = one?.ok ? faults[one.value.kind].words(one.value)[1] : `undone: ${wordsOf(change)}`;
    try {
      tell({ text, at: await putBack(hand, change, bootDeadline) });
      const ended = one?.ok ? await endedAgain(hand, one.value) : undefined;
      if (ended !== undefined) tell({ text: ended });
      return undefined;
    } catch (error) {
      return `${wordsOf(change)} (${(error as Error).message})`;
    }
  };
  const failed: Change[] = [];
  for (const change of all) {
    signal.throwIfAborted();
    if ((await attempt(change)) !== undefined) failed.push(change);
  }
  // A change may have failed for lack of a node that was restarted after it.
  const left: string[] = [];
  for (const change of failed) left.push(...[(await attempt(change)) ?? []].flat());
  // The other active faults of the node are injected again after its restart.
  if (wanted && left.length === 0 && faults[wanted.kind].node(wanted) === 'ends')
    for (const other of await renew(hand, wanted.node))
      tell({ text: `still active: ${faults[other.kind].words(other)[0]}` });
  if (left.length > 0) throw notPutBack(hand.running.name, left);
}
