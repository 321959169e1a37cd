import { Failure } from '../failure.ts';
import { faults } from '../faults/index.ts';
import { formOf, parseFault } from '../faults/parse.ts';
import { heal, inject, renew, standing } from '../faults/standing.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { FaultKind } from '../model/words.ts';
import { print, table } from '../output/print.ts';
import { Hand } from '../plan/hand.ts';
import { mustRun } from '../plan/observe.ts';
import { withSession } from './session.ts';

/** Every fault and how it is written. */
function faultList(): string {
  const kinds = Object.keys(faults) as FaultKind[];
  return table(kinds.map((kind) => [formOf(kind), faults[kind].summary]));
}

/** The fault that a text means in a lab. Throws a usage failure when it means none. */
export function faultIn(lab: Lab, text: string): Fault {
  const parsed = parseFault(text, lab);
  if (!parsed.ok) throw new Failure('usage', parsed.error, '`lab fault` lists all faults');
  return parsed.value;
}

/** `lab fault`: makes a fault in a running lab, which stands until `lab heal`; without one, tells which stand; without a lab, lists all. */
export async function fault(name: string | undefined, text: string | undefined): Promise<number> {
  if (name === undefined) {
    print(faultList());
    return 0;
  }
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    const hand = new Hand(engine, await mustRun(engine, name), signal);
    if (text === undefined) {
      const all = await standing(hand);
      print(all.length === 0 ? 'no fault stands' : all.map((f) => f.text).join('\n'));
      return 0;
    }
    const wanted = faultIn(hand.lab, text);
    const at = await inject(hand, wanted);
    print(`${new Date(at / 1000).toISOString()} ${faults[wanted.kind].words(wanted)[0]}`);
    return 0;
  });
}

/** `lab heal`: undoes a fault, or all that stand, the newest first. */
export async function healFaults(name: string, text: string | undefined, bootDeadline: number): Promise<number> {
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    const hand = new Hand(engine, await mustRun(engine, name), signal);
    const all = text === undefined ? [...(await standing(hand))].reverse() : [faultIn(hand.lab, text)];
    if (all.length === 0) print('no fault stands');
    for (const one of all) {
      const at = await heal(hand, one, bootDeadline);
      print(`${new Date(at / 1000).toISOString()} ${faults[one.kind].words(one)[1]}`);
      // What else is wrong with a node still is when it has started again.
      const left = text !== undefined && faults[one.kind].node(one) === 'ends' ? await renew(hand, one.node) : [];
      for (const other of left) print(`still ${faults[other.kind].words(other)[0]}`);
    }
    return 0;
  });
}
