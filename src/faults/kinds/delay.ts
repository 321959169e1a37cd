import { parseDuration } from '../../net/duration.ts';
import { shaping } from '../shape.ts';

/** Frames from the node arrive late. */
export const delay = shaping({
  summary: 'frames that the node sends are delayed',
  amount: { expects: 'a time such as 50ms', standard: '50ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  word: 'is delayed by %',
  netem: (time) => `delay ${parseDuration(time)}ms`,
});
