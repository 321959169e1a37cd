import type { FaultStory } from '../fault.ts';
import { filter, unfilter } from '../filter.ts';

/** Connections to the real server are refused, and open ones are reset. */
export const reset: FaultStory = {
  aim: 'server',
  summary: 'the real server refuses and resets every connection',
  words: ({ node }) => [`${node} resets connections`, `${node} accepts connections`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'refuses',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  inject: (hand, f) => filter(hand, f, 'reset'),
  heal: unfilter,
};
