import { nodeOf } from '../../model/lookup.ts';
import type { FaultStory } from '../fault.ts';
import { overWiresTo, seenDead, where, wires } from '../wires.ts';

/** The wire is dead in both directions. */
export const cut: FaultStory = {
  aim: 'wires',
  summary: 'the wire is cut, in both directions',
  words: (f) => [`wire of ${where(f)} cut`, `wire of ${where(f)} restored`],
  adverts: (f, vrrp, lab) => seenDead(f, vrrp, lab.vrrp),
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: true,
  returnsUnaware: (f, lab) => !nodeOf(lab, f.node).carrier,
  staysMaster: (f, lab) => !nodeOf(lab, f.node).carrier,
  node: () => 'runs',
  inject: (hand, f) => wires(hand, f.node, f.segments, 'cut'),
  heal: (hand, f) => wires(hand, f.node, f.segments, 'mended'),
};
