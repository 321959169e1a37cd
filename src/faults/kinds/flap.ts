import type { Fault } from '../../model/fault.ts';
import { parseDuration } from '../../net/duration.ts';
import { script } from '../../shell.ts';
import type { FaultStory } from '../fault.ts';
import { portsOf, tableOf, where } from '../wires.ts';

/** The wire goes down and comes back, repeatedly. */
export const flap: FaultStory = {
  aim: 'wires',
  amount: { expects: 'a time such as 500ms', standard: '500ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  summary: 'the wire goes down and up, each for the given time',
  words: (f) => [`wire of ${where(f)} flaps every ${f.amount}`, `wire of ${where(f)} stops flapping`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => true,
  staysMaster: () => true,
  node: () => 'runs',
  async inject(hand, f) {
    const pause = String((parseDuration(f.amount ?? '') ?? 0) / 1000);
    const ports = portsOf(hand, f.node, f.segments);
    return (await hand.timedInFabric(script('flap', 'on', markOf(f), pause, ...ports))).at;
  },
  async heal(hand, f) {
    await hand.runInFabric(script('flap', 'off', markOf(f), ...portsOf(hand, f.node, f.segments)));
    return hand.now();
  },
};

/** Returns the path of a file that exists while the wire flaps. */
function markOf(fault: Fault): string {
  return `/lab/${tableOf(fault)}`;
}
