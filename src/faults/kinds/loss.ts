import type { FaultStory } from '../fault.ts';
import { lift, portsOf, rules, where } from '../wires.ts';

/** A share of the frames to and from the node is lost. */
export const loss: FaultStory = {
  aim: 'wires',
  amount: {
    expects: 'a share such as 10%',
    standard: '10%',
    fits: (t) => /^\d+(\.\d+)?%$/.test(t) && Number.parseFloat(t) <= 100,
  },
  summary: 'a share of the frames to and from the node is lost',
  words: (f) => [`${f.amount} of the frames of ${where(f)} lost`, `frames of ${where(f)} no longer lost`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  inject(hand, f) {
    const share = Math.round(Number.parseFloat(f.amount ?? '') * 100);
    const dice = `numgen random mod 10000 < ${share} counter drop`;
    const ports = portsOf(hand, f.node, f.segments);
    return rules(
      hand,
      f,
      ports.flatMap((p) => [`iifname "${p}" ${dice}`, `oifname "${p}" ${dice}`]),
    );
  },
  heal: lift,
};
