import type { Lab } from '../../model/lab.ts';
import { addressesOf, familyOf, instancesOf, linksOf, macsOf, nodeOf, virtualMacs } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import { linkLocalOf } from '../../net/cidr.ts';
import type { FaultStory } from '../fault.ts';
import { lift, portsOf, rules } from '../wires.ts';

/**
 * Returns the frames that a node sends, as conditions of nftables: those with its own MAC addresses, and those with the
 * virtual one of its instances, which other directors have too, from its own IP addresses.
 */
function sentBy(lab: Lab, node: LabNode): readonly string[] {
  const own = [...addressesOf(node), ...linksOf(node).map((l) => linkLocalOf(l.mac))];
  const virtual = [...new Set(instancesOf(lab, node).flatMap(virtualMacs))].join(', ');
  const from = (word: string, family: 4 | 6) =>
    `ether saddr { ${virtual} } ${word} saddr { ${own.filter((a) => familyOf(a) === family).join(', ')} }`;
  const families = ([4, 6] as const).filter((f) => own.some((a) => familyOf(a) === f));
  return [
    `ether saddr { ${macsOf(node).join(', ')} }`,
    ...(virtual === '' ? [] : families.map((f) => from(f === 4 ? 'ip' : 'ip6', f))),
  ];
}

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
  staysMaster: () => true,
  node: () => 'runs',
  inject(hand, f) {
    const all = hand.lab.segments.map((s) => s.name);
    // Match the sender in the frame: with a hop in the wire, frames do not arrive through the sender's own port.
    const between = (from: string, to: string) =>
      portsOf(hand, to, all).flatMap((port) =>
        sentBy(hand.lab, nodeOf(hand.lab, from)).map((frames) => `${frames} oifname "${port}" counter drop`),
      );
    const [one, other] = [f.node, f.other ?? ''];
    return rules(hand, f, [...between(one, other), ...between(other, one)]);
  },
  heal: lift,
};
