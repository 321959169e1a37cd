import type { FaultStory } from '../fault.ts';
import { lift, overWires, overWiresTo, portsOf, rules, where } from '../wires.ts';

/** Nothing that the node sends arrives. */
export const mute: FaultStory = {
  aim: 'wires',
  summary: 'what the node sends does not arrive; it still hears',
  words: (f) => [`${where(f)} is not heard`, `${where(f)} is heard`],
  adverts: overWires,
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: true,
  returnsUnaware: () => true,
  node: () => 'runs',
  inject: (hand, f) =>
    rules(
      hand,
      f,
      portsOf(hand, f.node, f.segments).map((p) => `iifname "${p}" counter drop`),
    ),
  heal: lift,
};
