import { shaping } from '../shape.ts';

/** Frames from the node are limited to a rate. */
export const rate = shaping({
  summary: 'the node sends at most at this rate',
  amount: { expects: 'a rate such as 1mbit', standard: '1mbit', fits: (t) => /^\d+(k|m|g)?bit$/.test(t) },
  word: 'is limited to %',
  netem: (rate) => `rate ${rate}`,
});
