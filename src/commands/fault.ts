import { Failure } from '../failure.ts';
import { faults } from '../faults/index.ts';
import { formOf, parseFault } from '../faults/parse.ts';
import { endedAgain } from '../faults/program.ts';
import { inject, putBack, renew } from '../faults/standing.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { FaultKind } from '../model/words.ts';
import { print, table } from '../output/print.ts';
import { notPutBack } from '../plan/changes.ts';
import { Hand } from '../plan/hand.ts';
import { type Change, noted, wordsOf } from '../plan/journal.ts';
import { mustRun } from '../plan/observe.ts';
import { withSession } from './session.ts';

/** Milliseconds in which the commands of a change must end after the process that started them was killed. */
const ENDING_MS = 20_000;

/** Returns the list of all faults with their syntax. */
function faultList(): string {
  const kinds = Object.keys(faults) as FaultKind[];
  return table(kinds.map((kind) => [formOf(kind), faults[kind].summary]));
}

/** Returns the fault of a lab that a text describes. Throws a usage failure if it describes none. */
export function faultIn(lab: Lab, text: string): Fault {
  const parsed = parseFault(text, lab);
  if (!parsed.ok) throw new Failure('invalid-fault', { mistake: parsed.error });
  return parsed.value;
}

/**
 * `lab fault`: injects a fault in a running lab, which stays active until `lab heal`; without a fault, lists the active
 * ones; without a lab, lists all kinds.
 */
export async function fault(name: string | undefined, text: string | undefined): Promise<number> {
  if (name === undefined) {
    print(faultList());
    return 0;
  }
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    const hand = new Hand(engine, await mustRun(engine, name), signal);
    if (text === undefined) {
      const all = await noted(hand);
      print(all.length === 0 ? 'no active faults' : all.map(wordsOf).join('\n'));
      return 0;
    }
    const wanted = faultIn(hand.lab, text);
    const at = await inject(hand, wanted);
    if (signal.aborted) {
      const left = await hand.changes.undoAll();
      throw left.length > 0 ? notPutBack(name, left, signal.reason) : signal.reason;
    }
    print(`${new Date(at / 1000).toISOString()} ${faults[wanted.kind].words(wanted)[0]}`);
    return 0;
  });
}

/**
 * `lab heal`: heals a fault, or undoes all changes in the lab's journal, the newest first, including temporary changes
 * of a test that was killed. A change that cannot be undone does not keep the others from being undone.
 */
export async function healFaults(name: string, text: string | undefined, bootDeadline: number): Promise<number> {
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    const hand = new Hand(engine, await mustRun(engine, name), signal);
    const wanted = text === undefined ? undefined : faultIn(hand.lab, text);
    // A change that a killed process had started must not take effect after it is undone.
    await hand.changesEnded(ENDING_MS);
    const all: readonly Change[] = wanted ? [{ fault: wanted.text }] : [...(await noted(hand))].reverse();
    if (all.length === 0) print('no active faults');
    const attempt = async (change: Change): Promise<string | undefined> => {
      const one = 'fault' in change ? parseFault(change.fault, hand.lab) : undefined;
      const words = one?.ok ? faults[one.value.kind].words(one.value)[1] : `undone: ${wordsOf(change)}`;
      try {
        print(`${new Date((await putBack(hand, change, bootDeadline)) / 1000).toISOString()} ${words}`);
        const ended = one?.ok ? await endedAgain(hand, one.value) : undefined;
        if (ended !== undefined) print(ended);
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
      for (const other of await renew(hand, wanted.node)) print(`still active: ${faults[other.kind].words(other)[0]}`);
    if (left.length > 0) throw notPutBack(name, left);
    return 0;
  });
}
