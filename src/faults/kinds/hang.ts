import type { FaultStory } from '../fault.ts';
import { advertsOf, goOn, KERNEL, routingOf, signalTo, target } from '../program.ts';

/** A program is stopped (SIGSTOP); its sockets stay open. */
export const hang: FaultStory = {
  aim: 'program',
  summary: 'the program is stopped (SIGSTOP); NODE/kernel stands for the node’s own kernel',
  words: (f) => [`${target(f)} hangs`, `${target(f)} goes on`],
  // keepalived waits for a heart that hangs before it resigns, and falls silent
  adverts: (f, _, lab) => advertsOf(lab, f, { own: 'stop', heart: 'stop' }),
  routing: (f, domain, lab) => routingOf(lab, f, domain, 'silent beside BFD'),
  serving: () => 'accepts',
  sparesBackup: true,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: (f) => (f.program === KERNEL ? 'stalls' : 'runs'),
  inject: (hand, f) => signalTo(hand, f, 'STOP', 'T'),
  heal: goOn,
};
