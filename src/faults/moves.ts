import type { Heart } from '../drivers/driver.ts';
import type { Domain } from '../model/bgp.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import { bestOf, domainsIn, linkTo, nodeOf, serviceOf } from '../model/lookup.ts';
import type { Interface, LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { VrrpInstance, VrrpMember } from '../model/vrrp.ts';
import { heartOf } from './heart.ts';
import { faults } from './index.ts';

/** An instance that moves to another director because of a fault. */
export interface Move {
  readonly vrrp: VrrpInstance;
  readonly from: LabNode;
  readonly to: LabNode;
  /** Other directors with the same priority as the next master: one of them may take over as well. */
  readonly or: readonly LabNode[];
  /** Whether the master is master again after the fault is healed. */
  readonly returns: boolean;
  /** The master resigns (an advert of priority 0): no backup waits for its silence. */
  readonly resigned: boolean;
  /** The master's own program that is hit, and that the master itself must notice; absent if it is none. */
  readonly heart?: Heart;
}

/**
 * Returns whether a director is master again after a fault in which another member has taken over. A director that starts
 * anew is a backup first, and preempts only a lower priority; one that could only not be heard is still master in its own
 * eyes, and between two masters the higher priority wins, of equal ones the higher address (RFC 5798 §6.4.3).
 */
function isMasterAgain(lab: Lab, fault: Fault, vrrp: VrrpInstance, [from, to]: readonly [VrrpMember, VrrpMember]) {
  const { members, preempt } = vrrp;
  const { adverts, staysMaster } = faults[fault.kind];
  if (adverts(fault, vrrp, lab) !== 'resign' && staysMaster(fault, lab))
    return members.indexOf(from) < members.indexOf(to);
  return preempt && from.priority > to.priority;
}

/**
 * Returns the instances that leave their master because of a fault, and the next master of each. The master is the best
 * director; of several that are equal it is the one that the fault hits, which is made master before.
 */
export function movesOf(lab: Lab, fault: Fault): readonly Move[] {
  return lab.vrrp.flatMap((vrrp): Move[] => {
    const best = bestOf(vrrp).find((m) => m.node === fault.node);
    const rest = vrrp.members.filter((m) => m !== best);
    const [heir] = rest;
    if (!best || !heir) return [];
    const adverts = faults[fault.kind].adverts(fault, vrrp, lab);
    if (adverts !== 'stop' && adverts !== 'resign') return [];
    const heart = heartOf(lab, fault);
    return [
      {
        ...(heart ? { heart } : {}),
        vrrp,
        from: nodeOf(lab, best.node),
        to: nodeOf(lab, heir.node),
        or: rest.filter((m) => m !== heir && m.priority === heir.priority).map((m) => nodeOf(lab, m.node)),
        returns: isMasterAgain(lab, fault, vrrp, [best, heir]),
        resigned: adverts === 'resign',
      },
    ];
  });
}

/** Returns the directors of which one takes an instance over. */
export function heirsOf({ to, or = [] }: Pick<Move, 'to'> & Partial<Pick<Move, 'or'>>): readonly LabNode[] {
  return [to, ...or];
}

/** Returns the instances that get two masters through a fault, because neither hears the other. */
export function splitBy(lab: Lab, fault: Fault): readonly VrrpInstance[] {
  return lab.vrrp.filter((vrrp) => faults[fault.kind].adverts(fault, vrrp, lab) === 'split');
}

/** A director that stops announcing a VIP because of a fault. */
export interface Withdrawal {
  readonly domain: Domain;
  readonly from: string;
  /** The neighbours are notified; otherwise they must notice the silence. */
  readonly told: boolean;
  /** BFD detects it, or is notified that its session has ended: not if the routing program is only stopped. */
  readonly seenByBfd: boolean;
  /** The director's own program that is hit, and that the director itself must notice; absent if it is none. */
  readonly heart?: Heart;
  /** The services of which the director loses its quorum, and whose VIPs it therefore takes off; none if absent. */
  readonly quorum?: readonly Service[];
}

/**
 * Returns the services of a domain of which a director loses its quorum, because a fault cuts it off from all their real
 * servers. Only if it then takes off every VIP of the domain is it known what the routers see: the command that runs
 * without a quorum names the VIP.
 */
function quorumLost(lab: Lab, fault: Fault, domain: Domain): readonly Service[] {
  const story = faults[fault.kind];
  if (story.aim !== 'wires' || story.serving(fault) !== 'silent') return [];
  const node = nodeOf(lab, fault.node);
  const services = domain.services.map((s) => serviceOf(lab, s));
  const isLost = ({ vip, reals, health, quorum }: Service) =>
    health !== undefined &&
    quorum?.down?.includes(vip) === true &&
    reals.every((r) => fault.segments.includes(cardTo(node, r.address)?.segment ?? ''));
  return services.every(isLost) ? services : [];
}

/** Returns the card of a node on the subnet of an address, if any. */
function cardTo(node: LabNode, address: string): Interface | undefined {
  return node.interfaces.find((i) => i.name === linkTo(node, address)?.name);
}

/** Returns the directors that leave domains because of a fault. */
export function withdrawalsOf(lab: Lab, fault: Fault): readonly Withdrawal[] {
  return domainsIn(lab).flatMap((domain): Withdrawal[] => {
    if (!domain.members.includes(fault.node)) return [];
    const routing = faults[fault.kind].routing(fault, domain, lab);
    if (routing === 'stays') {
      const quorum = quorumLost(lab, fault, domain);
      return quorum.length === 0 ? [] : [{ domain, from: fault.node, told: true, seenByBfd: true, quorum }];
    }
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
