import { z } from 'zod';
import { readSaid } from '../said.ts';
import { shell } from '../shell.ts';
import type { Hand } from './hand.ts';

const CHANGE = z.union([
  z.strictObject({ fault: z.string() }),
  z.strictObject({ what: z.string(), node: z.string(), command: z.array(z.string()).min(1) }),
]);

/**
 * A temporary change in a running lab, with everything needed to undo it: a fault by its text, or a description and a
 * command in a node. The command does no harm if the change was never made, or is already undone.
 */
export type Change = z.infer<typeof CHANGE>;

/** Returns a description of the change. */
export function wordsOf(change: Change): string {
  return 'fault' in change ? change.fault : change.what;
}

/** Returns the change as a line of the journal: two changes with the same line are one. */
export function lineOf(change: Change): string {
  return JSON.stringify(change);
}

/** Shell: the journal, a line for each active change, the oldest first; one process at a time writes to it. */
const NOTE = `exec 9>> /lab/changes.lock; flock 9
for line; do grep -qxFe "$line" /lab/changes 2> /dev/null || printf '%s\\n' "$line" >> /lab/changes; done
cat /lab/changes`;
const STRIKE = `exec 9>> /lab/changes.lock; flock 9
for line; do
  grep -vxFe "$line" /lab/changes > /lab/changes.new || true
  mv /lab/changes.new /lab/changes
done`;

/** Records changes that are about to be made. Returns all changes that are then active, including these. */
export async function note(hand: Hand, changes: readonly Change[]): Promise<readonly Change[]> {
  return read(await hand.runInFabric(shell(NOTE, ...changes.map(lineOf))));
}

/** Removes undone changes from the journal. */
export async function strike(hand: Hand, changes: readonly Change[]): Promise<void> {
  await hand.runInFabric(shell(STRIKE, ...changes.map(lineOf)));
}

/** Returns the active changes of a lab, of all processes, the oldest first. */
export async function noted(hand: Hand): Promise<readonly Change[]> {
  return read(await hand.runInFabric(shell('cat /lab/changes 2> /dev/null || true')));
}

function read(text: string): readonly Change[] {
  return text.split('\n').flatMap((line) => readSaid(CHANGE, line) ?? []);
}
