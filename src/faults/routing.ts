import type { Lab } from '../model/lab.ts';
import { serviceOf } from '../model/lookup.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { vipLine } from '../nodes/frr-conf.ts';
import type { Hand } from '../plan/hand.ts';
import type { FaultStory, Stamp } from './fault.ts';

/** The domains in which a director announces VIPs. */
export function announcedBy(lab: Lab, node: string): readonly OspfDomain[] {
  return lab.ospf.filter((o) => o.members.includes(node));
}

/** Configures the routing program of a node by its own shell (vtysh(1)). */
export async function configure(hand: Hand, node: string, lines: readonly string[]): Promise<Stamp> {
  const words = ['configure terminal', ...lines].flatMap((line) => ['-c', line]);
  return (await hand.timed(node, ['vtysh', ...words])).at;
}

function vips(lab: Lab, node: string, no: string): string[] {
  return announcedBy(lab, node).flatMap((o) =>
    [...new Set(o.services.map((s) => serviceOf(lab, s).vip))].map((vip) => `${no}${vipLine(vip, o)}`),
  );
}

/** A director announces its VIPs no more, and goes on working. */
export const withdraw: FaultStory = {
  aim: 'announcer',
  summary: 'the director announces its VIPs no more by OSPF, and goes on working',
  words: ({ node }) => [`${node} withdraws its VIPs`, `${node} announces its VIPs`],
  adverts: () => 'go on',
  routing: () => 'told',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject: (hand, { node }) => configure(hand, node, ['router ospf', ...vips(hand.lab, node, 'no ')]),
  heal: (hand, { node }) => configure(hand, node, ['router ospf', ...vips(hand.lab, node, '')]),
};
