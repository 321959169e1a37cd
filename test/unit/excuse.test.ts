import { describe, expect, it } from 'vitest';
import { longest, OVERTIME_MS } from '../../src/scenario/fault-run.ts';
import { excusable } from '../../src/scenario/verdict.ts';

const budget = { ms: 3000, words: '' };
const whole = 1000 * longest(budget);

describe('an outage that is too long', () => {
  it('is excused by stalls within its whole time before its end', () =>
    expect(excusable({ over: true, recoveredAt: 50_000_000 }, budget, 90_000_000)).toEqual({
      from: 50_000_000 - whole,
    }));
  it('that is not over is excused by stalls as long as what it was given beyond its time only', () => {
    const wanted = { from: 90_000_000 - whole, least: OVERTIME_MS };
    expect(excusable({ over: false, recoveredAt: undefined }, budget, 90_000_000)).toEqual(wanted);
    // a single answer is no recovery
    expect(excusable({ over: false, recoveredAt: 50_000_000 }, budget, 90_000_000)).toEqual(wanted);
  });
});
