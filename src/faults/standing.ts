import type { Fault } from '../lab/model.ts';
import type { Hand } from '../plan/hand.ts';
import type { Stamp } from './fault.ts';
import { faults } from './index.ts';
import { parseFault } from './parse.ts';
import { endsNode } from './program.ts';

/** Where the running lab keeps which faults stand, a line each, so that whoever comes next can heal them. */
const STANDING = '/lab/faults';

/** Makes a fault and writes down that it stands. Throws CannotObserve when it does not come about. */
export async function inject(hand: Hand, fault: Fault): Promise<Stamp> {
  const others = await beside(hand, fault);
  await hand.runInFabric(`grep -qxF '${fault.text}' ${STANDING} 2>/dev/null || echo '${fault.text}' >> ${STANDING}`);
  try {
    return await faults[fault.kind].inject(hand, fault, others);
  } catch (error) {
    // What came about of it is undone, as far as it can be; that it failed is what there is to tell.
    await faults[fault.kind].heal(hand, fault, others, 0).catch(() => undefined);
    await forget(hand, fault);
    throw error;
  }
}

/** Undoes a fault; `bootDeadline` in milliseconds. What else is wrong with a node still is when it has started again. */
export async function heal(hand: Hand, fault: Fault, bootDeadline: number): Promise<Stamp> {
  const others = await beside(hand, fault);
  const at = await faults[fault.kind].heal(hand, fault, others, bootDeadline);
  await forget(hand, fault);
  if (endsNode(fault))
    for (const other of others.filter((o) => o.node === fault.node))
      await faults[other.kind].inject(
        hand,
        other,
        others.filter((o) => o !== other),
      );
  return at;
}

async function beside(hand: Hand, fault: Fault): Promise<readonly Fault[]> {
  return (await standing(hand)).filter((other) => other.text !== fault.text);
}

/** Strikes a fault off the list. */
async function forget(hand: Hand, fault: Fault): Promise<void> {
  await hand.runInFabric(
    `[ ! -e ${STANDING} ] || { grep -vxF '${fault.text}' ${STANDING} > ${STANDING}.new || true; mv ${STANDING}.new ${STANDING}; }`,
  );
}

/** The faults that stand, the oldest first. */
export async function standing(hand: Hand): Promise<readonly Fault[]> {
  const text = await hand.runInFabric(`cat ${STANDING} 2>/dev/null || true`);
  return text.split('\n').flatMap((line) => {
    const fault = line === '' ? undefined : parseFault(line, hand.lab);
    return fault?.ok ? [fault.value] : [];
  });
}
