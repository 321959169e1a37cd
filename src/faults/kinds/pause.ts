import { eventually } from '../../eventually.ts';
import { CannotObserve } from '../../plan/hand.ts';
import type { FaultStory } from '../fault.ts';

/** Milliseconds in which the engine must pause a container. */
const FREEZE_MS = 10_000;

/** All processes of a node are frozen, including its kernel, as on a host that swaps or is migrated. */
export const pause: FaultStory = {
  aim: 'node',
  summary: 'every process of the node is frozen, its own kernel too',
  words: ({ node }) => [`${node} paused`, `${node} resumed`],
  adverts: () => 'stop',
  routing: () => 'silent',
  serving: () => 'accepts',
  sparesBackup: true,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'stalls',
  async inject(hand, { node }) {
    let why = '';
    // The freezer of cgroup version 1 may fail on busy processes and must be retried (the kernel's
    // freezer-subsystem.rst).
    const paused = await eventually(
      async () => {
        const at = await hand.now();
        try {
          await hand.engine.pause(hand.containerOf(node));
          return at;
        } catch (error) {
          why = (error as Error).message;
          if (!/unable to freeze/.test(why)) throw error;
          return undefined;
        }
      },
      { within: FREEZE_MS, every: 20, signal: hand.signal },
    );
    if (paused === undefined) throw new CannotObserve(`${node} cannot be paused: ${why}`);
    return paused;
  },
  async heal(hand, { node }) {
    const at = await hand.now();
    await hand.engine.unpause(hand.containerOf(node)).catch((error: Error) => {
      if (!/not (paused|running)/.test(error.message)) throw error;
    });
    return at;
  },
};
