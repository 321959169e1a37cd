import type { FaultStory } from '../fault.ts';
import { filter, unfilter } from '../filter.ts';

/** Connections to the real server open, but their payload does not arrive. */
export const halfopen: FaultStory = {
  aim: 'server',
  summary: 'connections to the real server open, but nothing sent on them arrives',
  words: ({ node }) => [`${node} accepts connections and receives nothing`, `${node} receives again`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'accepts',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  inject: (hand, f) => filter(hand, f, 'silence'),
  heal: unfilter,
};
