import type { FaultStory } from '../fault.ts';
import { configure, vips } from '../routing.ts';

/** A director stops announcing its VIPs, and continues to work. */
export const withdraw: FaultStory = {
  aim: 'announcer',
  summary: 'the director withdraws its VIPs from OSPF, and keeps working',
  words: ({ node }) => [`${node} withdraws its VIPs`, `${node} announces its VIPs again`],
  adverts: () => 'go on',
  routing: () => 'told',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  inject: (hand, { node }) => configure(hand, node, vips(hand.lab, node, 'no ')),
  heal: (hand, { node }) => configure(hand, node, vips(hand.lab, node, '')),
};
