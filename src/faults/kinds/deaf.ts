import type { FaultStory } from '../fault.ts';
import { lift, overWiresTo, portsOf, rules, where } from '../wires.ts';

/** The node receives nothing. */
export const deaf: FaultStory = {
  aim: 'wires',
  summary: 'the node receives nothing; what it sends still arrives',
  words: (f) => [`${where(f)} receives nothing`, `${where(f)} hears`],
  adverts: () => 'go on',
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: false,
  returnsUnaware: () => true,
  staysMaster: () => true,
  node: () => 'runs',
  inject: (hand, f) =>
    rules(
      hand,
      f,
      portsOf(hand, f.node, f.segments).map((p) => `oifname "${p}" counter drop`),
    ),
  heal: lift,
};
