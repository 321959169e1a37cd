import type { Fault, Lab, LabNode, VrrpInstance } from '../lab/model.ts';
import { nodeOf } from '../lab/model.ts';
import { faults } from './index.ts';

/** An instance that a fault takes from its master. */
export interface Move {
  readonly vrrp: VrrpInstance;
  readonly from: LabNode;
  readonly to: LabNode;
  /** The master says goodbye (an advert of priority 0): nobody waits for its silence. */
  readonly resigned: boolean;
}

/** The instances that a fault takes from their master, and who has them next. */
export function movesOf(lab: Lab, fault: Fault): readonly Move[] {
  return lab.vrrp.flatMap((vrrp): Move[] => {
    const [master, heir] = vrrp.members;
    if (!heir || master?.node !== fault.node) return [];
    const adverts = faults[fault.kind].adverts(fault, vrrp, lab);
    if (adverts === 'go on') return [];
    return [{ vrrp, from: nodeOf(lab, master.node), to: nodeOf(lab, heir.node), resigned: adverts === 'resign' }];
  });
}

/** The instances of which a fault makes two masters, because neither hears the other. */
export function splitBy(lab: Lab, fault: Fault): readonly VrrpInstance[] {
  if (fault.kind !== 'partition') return [];
  return lab.vrrp.filter((v) => [fault.node, fault.other].every((n) => v.members.some((m) => m.node === n)));
}
