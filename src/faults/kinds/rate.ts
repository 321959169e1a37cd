import { shaping } from '../shape.ts';

/** What the node sends is held to a rate. */
export const rate = shaping({
  summary: 'the node sends no faster than this',
  amount: { expects: 'a rate such as 1mbit', standard: '1mbit', fits: (t) => /^\d+(k|m|g)?bit$/.test(t) },
  word: 'goes at %',
  netem: (rate) => `rate ${rate}`,
});
