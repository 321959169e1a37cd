import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf } from '../model/lookup.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { vipLines } from '../nodes/frr-conf.ts';
import type { Hand } from '../plan/hand.ts';
import type { Stamp } from './fault.ts';

/** Returns the domains in which a director announces VIPs. */
export function announcedBy(lab: Lab, node: string): readonly OspfDomain[] {
  return lab.ospf.filter((o) => o.members.includes(node));
}

/** Configures the routing program of a node through its own shell (vtysh(1)). */
export async function configure(hand: Hand, node: string, lines: readonly string[]): Promise<Stamp> {
  const words = ['configure terminal', ...lines].flatMap((line) => ['-c', line]);
  return (await hand.timed(node, ['vtysh', ...words])).at;
}

/** Returns the lines that announce a director's VIPs, each with a word before it (`no `). */
export function vips(lab: Lab, node: string, before: string): string[] {
  const announced = driverOf(nodeOf(lab, node)).announces;
  const lines = announcedBy(lab, node).flatMap((o) => vipLines(lab, o, announced));
  return [...new Set(lines)].map((line) => `${before}${line}`);
}

/** The highest cost of a link, and the highest metric of a redistributed route (ospfd of FRR). */
const [WORST_COST, WORST_METRIC] = ['ip ospf cost 65535', 'metric 16777214'];

/** Returns the lines that make a director the last choice of its neighbours for its VIPs, or a choice like the others. */
export function preference(lab: Lab, node: string, whether: 'last' | 'usual'): string[] {
  if (driverOf(nodeOf(lab, node)).announces === 'addresses')
    return ['interface lo', `${whether === 'last' ? '' : 'no '}${WORST_COST}`];
  return ['router ospf', ...vips(lab, node, '').map((line) => (whether === 'last' ? `${line} ${WORST_METRIC}` : line))];
}
