import type { FaultStory } from '../fault.ts';
import { killNode } from '../node.ts';
import { advertsOf, again, isWholeNode, KERNEL, routingOf, signalTo, target } from '../program.ts';

/** Ends a node as a power cut would, or kills a program. */
export const kill: FaultStory = {
  aim: 'node or program',
  summary: 'a power failure of the node; or SIGKILL to the program',
  words: (f) => [`${target(f)} killed`, `${target(f)} started again`],
  adverts: (f, _, lab) => advertsOf(lab, f, { own: 'stop', heart: 'resign' }),
  routing: (f, domain, lab) => routingOf(lab, f, domain, 'silent'),
  serving: (f) => (f.program === undefined ? 'silent' : 'refuses'),
  sparesBackup: true,
  returnsUnaware: () => false,
  staysMaster: () => false,
  node: (f) => (isWholeNode(f) ? 'ends' : 'runs'),
  inject: (hand, f) =>
    f.program === undefined || f.program === KERNEL ? killNode(hand, f.node) : signalTo(hand, f, 'KILL', ''),
  heal: again,
};
