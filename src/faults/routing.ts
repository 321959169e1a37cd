import { driverOf } from '../drivers/index.ts';
import type { Domain } from '../model/bgp.ts';
import type { Lab } from '../model/lab.ts';
import { domainsIn, nodeOf } from '../model/lookup.ts';
import type { Announcement } from '../nodes/domain.ts';
import { announcements } from '../nodes/frr-conf.ts';
import type { Hand } from '../plan/hand.ts';
import type { Stamp } from './fault.ts';

/** Returns the domains in which a director announces VIPs. */
export function announcedBy(lab: Pick<Lab, 'ospf' | 'bgp'>, node: string): readonly Domain[] {
  return domainsIn(lab).filter((o) => o.members.includes(node));
}

/** Configures the routing program of a node through its own shell (vtysh(1)). */
export async function configure(hand: Hand, node: string, lines: readonly string[]): Promise<Stamp> {
  const words = ['configure terminal', ...lines].flatMap((line) => ['-c', line]);
  return (await hand.timed(node, ['vtysh', ...words])).at;
}

function announcedAt(lab: Lab, name: string): readonly Announcement[] {
  const node = nodeOf(lab, name);
  return announcements(lab, node, driverOf(node).announces);
}

/** Returns the lines that announce a director's VIPs, each in its block and with a word before it (`no `). */
export function vips(lab: Lab, node: string, before: string): string[] {
  return announcedAt(lab, node).flatMap(({ within, line }) => [...within, `${before}${line}`]);
}

/** Returns the lines that make a director the last choice of its neighbours for its VIPs, or a choice like the others. */
export function preference(lab: Lab, node: string, whether: 'last' | 'usual'): string[] {
  return announcedAt(lab, node).flatMap((a) => a[whether]);
}
