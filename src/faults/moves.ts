import type { Heart } from '../drivers/driver.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { heartOf } from './heart.ts';
import { faults } from './index.ts';

/** An instance that moves to another director because of a fault. */
export interface Move {
  readonly vrrp: VrrpInstance;
  readonly from: LabNode;
  readonly to: LabNode;
  /** The master resigns (an advert of priority 0): no backup waits for its silence. */
  readonly resigned: boolean;
  /** The master's own program that is hit, and that the master itself must notice; absent if it is none. */
  readonly heart?: Heart;
}

/**
 * Returns the instances that leave their master, the best director, because of a fault, and the next master of each.
 */
export function movesOf(lab: Lab, fault: Fault): readonly Move[] {
  return lab.vrrp.flatMap((vrrp): Move[] => {
    const [best, heir] = vrrp.members;
    if (!best || !heir || best.node !== fault.node) return [];
    const adverts = faults[fault.kind].adverts(fault, vrrp, lab);
    if (adverts !== 'stop' && adverts !== 'resign') return [];
    const heart = heartOf(lab, fault);
    return [
      {
        ...(heart ? { heart } : {}),
        vrrp,
        from: nodeOf(lab, best.node),
        to: nodeOf(lab, heir.node),
        resigned: adverts === 'resign',
      },
    ];
  });
}

/** Returns the instances that get two masters through a fault, because neither hears the other. */
export function splitBy(lab: Lab, fault: Fault): readonly VrrpInstance[] {
  return lab.vrrp.filter((vrrp) => faults[fault.kind].adverts(fault, vrrp, lab) === 'split');
}

/** A director that stops announcing a VIP by OSPF because of a fault. */
export interface Withdrawal {
  readonly domain: OspfDomain;
  readonly from: string;
  /** The neighbours are notified; otherwise they must notice the silence. */
  readonly told: boolean;
  /** BFD detects it, or is notified that its session has ended: not if the routing program is only stopped. */
  readonly seenByBfd: boolean;
  /** The director's own program that is hit, and that the director itself must notice; absent if it is none. */
  readonly heart?: Heart;
}

/** Returns the directors that leave OSPF domains because of a fault. */
export function withdrawalsOf(lab: Lab, fault: Fault): readonly Withdrawal[] {
  return lab.ospf.flatMap((domain): Withdrawal[] => {
    if (!domain.members.includes(fault.node)) return [];
    const routing = faults[fault.kind].routing(fault, domain, lab);
    if (routing === 'stays') return [];
    const heart = heartOf(lab, fault);
    return [
      {
        ...(heart ? { heart } : {}),
        domain,
        from: fault.node,
        told: routing === 'told',
        seenByBfd: routing !== 'silent beside BFD',
      },
    ];
  });
}
