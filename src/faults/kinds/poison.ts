import { directors, nodeOf } from '../../model/lookup.ts';
import { parseAddress } from '../../net/cidr.ts';
import { shell } from '../../shell.ts';
import type { FaultStory } from '../fault.ts';

/** A node announces an address as its own, although another node holds it. */
export const poison: FaultStory = {
  aim: 'node',
  amount: { expects: 'the IPv4 address that it claims', fits: (t) => parseAddress(t)?.family === 4 },
  summary: 'the node claims a foreign address by gratuitous ARP',
  words: ({ node, amount }) => [`${node} claims ${amount}`, `${node} no longer claims ${amount}`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  async inject(hand, { node, amount = '' }) {
    const device = nodeOf(hand.lab, node).interfaces[0]?.name ?? '';
    const { at } = await hand.timed(
      node,
      shell(
        `ip addr add $1/32 dev $2; arping -q -U -c 2 -w 1 -I $2 -s $1 $1 || true; ip addr show dev $2 | grep -qF "inet $1/"`,
        amount,
        device,
      ),
    );
    return at;
  },
  async heal(hand, { node, amount = '' }) {
    const device = nodeOf(hand.lab, node).interfaces[0]?.name ?? '';
    const { at } = await hand.tryTimed(node, ['ip', 'addr', 'del', `${amount}/32`, 'dev', device]);
    // An operator's next step: the holder of the address announces it again.
    await Promise.all(
      directors(hand.lab).map((d) =>
        hand.tryRun(
          d.name,
          shell(
            `dev=$(ip -o addr show to $1 | awk '{ print $2; exit }'); [ -z "$dev" ] || arping -q -U -c 2 -w 1 -I $dev -s $1 $1`,
            amount,
          ),
        ),
      ),
    );
    return at;
  },
};
