import { Failure } from '../failure.ts';
import { healAll } from '../faults/heal.ts';
import { faults } from '../faults/index.ts';
import { formOf, parseFault } from '../faults/parse.ts';
import { injectToStay } from '../faults/stay.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { FaultKind } from '../model/words.ts';
import { print, table } from '../output/print.ts';
import { Hand } from '../plan/hand.ts';
import { noted, wordsOf } from '../plan/journal.ts';
import { mustRun } from '../plan/observe.ts';
import { withSession } from './session.ts';

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
    const at = await injectToStay(hand, wanted);
    print(`${new Date(at / 1000).toISOString()} ${faults[wanted.kind].words(wanted)[0]}`);
    return 0;
  });
}

/** `lab heal`: heals a fault, or everything that is active in the lab: see healAll. */
export async function healFaults(name: string, text: string | undefined, bootDeadline: number): Promise<number> {
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    const hand = new Hand(engine, await mustRun(engine, name), signal);
    const wanted = text === undefined ? undefined : faultIn(hand.lab, text);
    await healAll(hand, wanted, bootDeadline, (healed) => {
      const when = healed.at === undefined ? '' : `${new Date(healed.at / 1000).toISOString()} `;
      print(`${when}${healed.text}`);
    });
    return 0;
  });
}
