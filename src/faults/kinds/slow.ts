import { parseDuration } from '../../net/duration.ts';
import { script } from '../../shell.ts';
import type { FaultStory } from '../fault.ts';
import { programsOf } from '../server.ts';

/** The real server's programs are stopped most of the time. */
export const slow: FaultStory = {
  aim: 'server',
  amount: { expects: 'a time such as 200ms', standard: '200ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  summary: 'the real server answers up to this much later: its programs are stopped in between',
  words: ({ node, amount }) => [`${node} answers up to ${amount} late`, `${node} answers at once again`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  async inject(hand, { node, amount = '' }) {
    const pause = String((parseDuration(amount) ?? 0) / 1000);
    return (await hand.timed(node, script('slow', 'on', pause, ...programsOf(hand.lab, node)))).at;
  },
  async heal(hand, { node }) {
    await hand.run(node, script('slow', 'off', ...programsOf(hand.lab, node)));
    return hand.now();
  },
};
