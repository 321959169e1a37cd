import { macsOf, nodeOf } from '../../model/lookup.ts';
import type { FaultStory } from '../fault.ts';
import { lift, portsOf, rules } from '../wires.ts';

/** Two nodes do not reach each other; all other nodes reach both. */
export const partition: FaultStory = {
  aim: 'pair',
  summary: 'two nodes cannot reach each other; all others still reach both',
  words: (f) => [`${f.node} and ${f.other} partitioned`, `${f.node} and ${f.other} reach each other again`],
  adverts: (f, { members }) => ([f.node, f.other].every((n) => members.some((m) => m.node === n)) ? 'split' : 'go on'),
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => true,
  node: () => 'runs',
  inject(hand, f) {
    const all = hand.lab.segments.map((s) => s.name);
    // Match the sender in the frame: with a hop in the wire, frames do not arrive through the sender's own port.
    const between = (from: string, to: string) =>
      portsOf(hand, to, all).map(
        (port) => `ether saddr { ${macsOf(nodeOf(hand.lab, from)).join(', ')} } oifname "${port}" counter drop`,
      );
    const [one, other] = [f.node, f.other ?? ''];
    return rules(hand, f, [...between(one, other), ...between(other, one)]);
  },
  heal: lift,
};
