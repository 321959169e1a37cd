/**
 * The probability with which a check may fail by chance in a healthy lab. Where chance plays a part (hashing,
 * equal-cost paths), checks open enough connections to stay below it: one failure in a million runs, or fewer.
 */
export const CHANCE = 1e-6;

/**
 * Returns how many connections are enough to reach every target with these weights, except with probability `chance`:
 * each target is missed with (1 − share)^n, and any of them with at most the sum.
 */
export function enoughFor(weights: readonly number[], chance = CHANCE): number {
  const all = weights.reduce((sum, w) => sum + w, 0);
  const misses = (n: number) => weights.reduce((sum, w) => sum + (w === 0 ? 0 : (1 - w / all) ** n), 0);
  let n = 1;
  while (misses(n) > chance) n++;
  return n;
}

/**
 * Returns the probability that more than `most` of `n` events occur, each with probability `chance`: the upper tail of
 * the binomial distribution.
 */
export function tail(n: number, chance: number, most: number): number {
  let term = (1 - chance) ** n;
  let upTo = 0;
  for (let k = 0; k <= Math.min(most, n); k++) {
    upTo += term;
    term *= ((n - k) / (k + 1)) * (chance / (1 - chance));
  }
  return Math.max(0, 1 - upTo);
}

/**
 * Returns how many of `n` events may occur, each with probability `share`, before the number is no longer explained by
 * chance.
 */
export function mostOf(n: number, share: number, chance = CHANCE): number {
  let most = 0;
  while (most < n && tail(n, share, most) > chance) most++;
  return most;
}
