import type { Lab } from '../model/lab.ts';
import { serviceOf } from '../model/lookup.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { vipLine } from '../nodes/frr-conf.ts';
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

export function vips(lab: Lab, node: string, no: string): string[] {
  return announcedBy(lab, node).flatMap((o) =>
    [...new Set(o.services.map((s) => serviceOf(lab, s).vip))].map((vip) => `${no}${vipLine(vip, o)}`),
  );
}
