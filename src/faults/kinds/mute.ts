import type { FaultStory } from '../fault.ts';
import { lift, overWires, overWiresTo, portsOf, rules, where } from '../wires.ts';

/** Nothing that the node sends arrives. */
export const mute: FaultStory = {
  aim: 'wires',
  summary: 'nothing that the node sends arrives; it still receives',
  words: (f) => [`${where(f)} is muted`, `${where(f)} is unmuted`],
  adverts: overWires,
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: true,
  returnsUnaware: () => true,
  staysMaster: () => true,
  node: () => 'runs',
  inject: (hand, f) =>
    rules(
      hand,
      f,
      portsOf(hand, f.node, f.segments).map((p) => `iifname "${p}" counter drop`),
    ),
  heal: lift,
};
