import type { FaultStory } from '../fault.ts';
import { announcedBy, configure, preference } from '../routing.ts';
import { weigh } from '../server.ts';

/**
 * A real server gets no new connection, and keeps its open ones; a director that announces by OSPF becomes the last
 * choice of its neighbours.
 */
export const drain: FaultStory = {
  aim: 'server or announcer',
  summary:
    'a real server gets weight 0 on every director: no new connections, open ones stay; a director gets the highest OSPF metric',
  words: ({ node }) => [`${node} drained`, `${node} has its weight again`],
  adverts: () => 'go on',
  routing: () => 'told',
  serving: () => 'keeps',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  inject: (hand, { node }) =>
    announcedBy(hand.lab, node).length > 0
      ? configure(hand, node, preference(hand.lab, node, 'last'))
      : weigh(hand, node, (control, service, real) => control.setWeight(service, real, 0)),
  heal: (hand, { node }) =>
    announcedBy(hand.lab, node).length > 0
      ? configure(hand, node, preference(hand.lab, node, 'usual'))
      : weigh(hand, node, (control, service, real) => control.restoreWeight(service, real, real.weight)),
};
