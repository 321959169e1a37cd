import type { Fault } from '../model/fault.ts';
import type { Hand } from '../plan/hand.ts';
import { shell } from '../shell.ts';
import type { Stamp } from './fault.ts';
import { faults } from './index.ts';
import { parseFault } from './parse.ts';

/** Where the running lab keeps which faults stand, a line each, so that whoever comes next can heal them. */
const STANDING = '/lab/faults';

/** Makes a fault and writes down that it stands. Throws CannotObserve when it does not come about. */
export async function inject(hand: Hand, fault: Fault): Promise<Stamp> {
  const others = await beside(hand, fault);
  await hand.runInFabric(
    shell(`grep -qxFe "$1" ${STANDING} 2>/dev/null || printf '%s\\n' "$1" >> ${STANDING}`, fault.text),
  );
  try {
    return await faults[fault.kind].inject(hand, fault, others);
  } catch (error) {
    // What came about of it is undone, as far as it can be; that it failed is what there is to tell.
    await faults[fault.kind].heal(hand, fault, others, 0).catch(() => undefined);
    await forget(hand, fault);
    throw error;
  }
}

/** Undoes a fault; `bootDeadline` in milliseconds. */
export async function heal(hand: Hand, fault: Fault, bootDeadline: number): Promise<Stamp> {
  const at = await faults[fault.kind].heal(hand, fault, await beside(hand, fault), bootDeadline);
  await forget(hand, fault);
  return at;
}

/** Makes anew what else stands on a node that has started again. Returns these faults. */
export async function renew(hand: Hand, node: string): Promise<readonly Fault[]> {
  const own = (await standing(hand)).filter((f) => f.node === node);
  for (const fault of own) await inject(hand, fault);
  return own;
}

async function beside(hand: Hand, fault: Fault): Promise<readonly Fault[]> {
  return (await standing(hand)).filter((other) => other.text !== fault.text);
}

/** Strikes a fault off the list. */
async function forget(hand: Hand, fault: Fault): Promise<void> {
  await hand.runInFabric(
    shell(
      `[ ! -e ${STANDING} ] || { grep -vxFe "$1" ${STANDING} > ${STANDING}.new || true; mv ${STANDING}.new ${STANDING}; }`,
      fault.text,
    ),
  );
}

/** The faults that stand, the oldest first. */
export async function standing(hand: Hand): Promise<readonly Fault[]> {
  const text = await hand.runInFabric(shell(`cat ${STANDING} 2>/dev/null || true`));
  return text.split('\n').flatMap((line) => {
    const fault = line === '' ? undefined : parseFault(line, hand.lab);
    return fault?.ok ? [fault.value] : [];
  });
}
