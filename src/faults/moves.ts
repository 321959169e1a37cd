import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { faults } from './index.ts';

/** An instance that a fault takes from its master. */
export interface Move {
  readonly vrrp: VrrpInstance;
  readonly from: LabNode;
  readonly to: LabNode;
  /** The master says goodbye (an advert of priority 0): nobody waits for its silence. */
  readonly resigned: boolean;
}

/** The instances that a fault takes from their master, the best director, and who has them next. */
export function movesOf(lab: Lab, fault: Fault): readonly Move[] {
  return lab.vrrp.flatMap((vrrp): Move[] => {
    const [best, heir] = vrrp.members;
    if (!best || !heir || best.node !== fault.node) return [];
    const adverts = faults[fault.kind].adverts(fault, vrrp, lab);
    if (adverts !== 'stop' && adverts !== 'resign') return [];
    return [{ vrrp, from: nodeOf(lab, best.node), to: nodeOf(lab, heir.node), resigned: adverts === 'resign' }];
  });
}

/** The instances of which a fault makes two masters, because neither hears the other. */
export function splitBy(lab: Lab, fault: Fault): readonly VrrpInstance[] {
  return lab.vrrp.filter((vrrp) => faults[fault.kind].adverts(fault, vrrp, lab) === 'split');
}

/** A director that a fault takes from those that announce a VIP by OSPF. */
export interface Withdrawal {
  readonly domain: OspfDomain;
  readonly from: string;
  /** The neighbours are told; else they must notice the silence. */
  readonly told: boolean;
  /** BFD sees it, or is told that its session is over: not if the routing program is only stopped. */
  readonly seenByBfd: boolean;
}

/** What a fault takes from OSPF domains. */
export function withdrawalsOf(lab: Lab, fault: Fault): readonly Withdrawal[] {
  return lab.ospf.flatMap((domain): Withdrawal[] => {
    if (!domain.members.includes(fault.node)) return [];
    const routing = faults[fault.kind].routing(fault, domain);
    if (routing === 'stays') return [];
    return [{ domain, from: fault.node, told: routing === 'told', seenByBfd: routing !== 'silent beside BFD' }];
  });
}
