import { describe, expect, it } from 'vitest';
import { CHANCE, enoughFor, mostOf, tail } from '../../src/checks/chance.ts';
import { hashesTo, MH_CLIENTS, MH_MOVES } from '../../src/checks/scheduler.ts';

describe('chance', () => {
  it('leaves nobody out of enough connections, and would of one less', () => {
    for (const n of [2, 3, 4]) {
      const even = Array(n).fill(1);
      const missed = (count: number) => n * (1 - 1 / n) ** count;
      expect(missed(enoughFor(even))).toBeLessThanOrEqual(CHANCE);
      expect(missed(enoughFor(even) - 1)).toBeGreaterThan(CHANCE);
    }
    expect(enoughFor([3, 2, 1])).toBe(Math.ceil(Math.log(CHANCE) / Math.log(5 / 6)));
    expect(enoughFor([1, 0])).toBe(1);
  });
  it('is the binomial tail', () => {
    expect(tail(10, 0.5, 9)).toBeCloseTo(0.5 ** 10, 12);
    expect(tail(4, 0.25, 0)).toBeCloseTo(1 - 0.75 ** 4, 12);
    expect(tail(4, 0.25, 4)).toBe(0);
  });
  it('moves no more clients than a consistent hash may', () => {
    for (const servers of [2, 3, 4]) {
      const others = Math.round(MH_CLIENTS * (1 - 1 / servers));
      const most = mostOf(others, MH_MOVES);
      expect(tail(others, MH_MOVES, most)).toBeLessThanOrEqual(CHANCE);
      // A hash that begins anew moves every other client, or more.
      expect(1 - tail(others, 0.5, most)).toBeLessThan(1e-3);
    }
  });
  it('leaves no server of a hashing scheduler out', () => {
    const reals = [1, 1, 1].map((weight) => ({ weight }));
    expect(3 * (2 / 3) ** hashesTo({ reals } as never)).toBeLessThanOrEqual(CHANCE);
  });
});
