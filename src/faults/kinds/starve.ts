import type { FaultStory } from '../fault.ts';
import { isShare } from '../node.ts';

/** The node gets a small share of one processor. */
export const starve: FaultStory = {
  aim: 'node',
  amount: { expects: 'a share of one CPU such as 5%', standard: '5%', fits: (t) => isShare(t) },
  summary: 'the node gets only this share of one CPU',
  words: ({ node, amount }) => [`${node} gets ${amount} of a CPU`, `${node} gets all the CPU it needs`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: true,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'stalls',
  async inject(hand, { node, amount = '' }) {
    const at = await hand.now();
    await hand.engine.limitCpu(hand.containerOf(node), Number.parseFloat(amount) / 100);
    return at;
  },
  async heal(hand, { node }) {
    const at = await hand.now();
    await hand.engine.limitCpu(hand.containerOf(node), 0);
    return at;
  },
};
