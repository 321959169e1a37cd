import type { FaultStory } from '../fault.ts';
import { advertsOf, goOn, KERNEL, routingOf, signalTo, target } from '../program.ts';

/** A program stands still, and lets its sockets be. */
export const hang: FaultStory = {
  aim: 'program',
  summary: 'the program stands still (SIGSTOP); NODE/kernel is the node’s own kernel',
  words: (f) => [`${target(f)} hangs`, `${target(f)} goes on`],
  adverts: (f) => advertsOf(f.program, 'stop'),
  routing: (f) => routingOf(f, 'silent beside BFD'),
  serving: () => 'accepts',
  sparesBackup: true,
  returnsUnaware: () => false,
  node: (f) => (f.program === KERNEL ? 'stalls' : 'runs'),
  inject: (hand, f) => signalTo(hand, f, 'STOP', 'T'),
  heal: goOn,
};
