import { isShare } from '../node.ts';
import { shaping } from '../shape.ts';

/** Some of what the node sends comes twice. */
export const duplicate = shaping({
  summary: 'so much of what the node sends comes twice',
  amount: { expects: 'a share such as 10%', standard: '10%', fits: isShare },
  word: 'comes twice, % of it',
  netem: (share) => `duplicate ${share}`,
});
