import { isShare } from '../node.ts';
import { shaping } from '../shape.ts';

/** Some frames from the node arrive twice. */
export const duplicate = shaping({
  summary: 'a share of the frames that the node sends arrives twice',
  amount: { expects: 'a share such as 10%', standard: '10%', fits: isShare },
  word: 'arrives twice (% of it)',
  netem: (share) => `duplicate ${share}`,
});
