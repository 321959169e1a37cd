import { parseDuration } from '../../net/duration.ts';
import { shaping } from '../shape.ts';

/** What the node sends comes late. */
export const delay = shaping({
  summary: 'what the node sends comes so much later',
  amount: { expects: 'a time such as 50ms', standard: '50ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  word: 'comes % later',
  netem: (time) => `delay ${parseDuration(time)}ms`,
});
