import type { FaultStory } from '../fault.ts';
import { stopNode } from '../node.ts';
import { advertsOf, again, isWholeNode, routingOf, target } from '../program.ts';

/** Shuts down a node or a program; a program may say goodbye. */
export const stop: FaultStory = {
  aim: 'node or program',
  summary: 'an orderly shutdown of the node; or SIGTERM to the program',
  words: (f) => [`${target(f)} stopped`, `${target(f)} started again`],
  adverts: (f, _, lab) => advertsOf(lab, f, { own: 'resign', heart: 'resign' }),
  routing: (f, domain, lab) => routingOf(lab, f, domain, 'silent'),
  serving: (f) => (f.program === undefined ? 'silent' : 'refuses'),
  sparesBackup: true,
  returnsUnaware: () => false,
  staysMaster: () => false,
  node: (f) => (isWholeNode(f) ? 'ends' : 'runs'),
  inject: async (hand, f) =>
    f.program === undefined ? stopNode(hand, f.node) : (await hand.timed(f.node, ['svc', 'stop', f.program])).at,
  heal: again,
};
