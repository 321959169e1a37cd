/**
 * How likely a check may be to fail by chance where all is well. Where chance has a say (hashing, equal-cost paths),
 * so many connections are made that it has none: once in a million runs, or less.
 */
export const CHANCE = 1e-6;

/**
 * So many connections, each of which goes to one of several by these weights, leave nobody out but by that chance:
 * each is left out with (1 − share)^n, all of them together with the sum at the most.
 */
export function enoughFor(weights: readonly number[], chance = CHANCE): number {
  const all = weights.reduce((sum, w) => sum + w, 0);
  const misses = (n: number) => weights.reduce((sum, w) => sum + (w === 0 ? 0 : (1 - w / all) ** n), 0);
  let n = 1;
  while (misses(n) > chance) n++;
  return n;
}

/** That more than `most` of `n` come about, each with this chance: the binomial distribution's upper tail. */
export function tail(n: number, chance: number, most: number): number {
  let term = (1 - chance) ** n;
  let upTo = 0;
  for (let k = 0; k <= Math.min(most, n); k++) {
    upTo += term;
    term *= ((n - k) / (k + 1)) * (chance / (1 - chance));
  }
  return Math.max(0, 1 - upTo);
}

/** The most of `n` that may come about, each with a share's chance, without that more being told from bad luck. */
export function mostOf(n: number, share: number, chance = CHANCE): number {
  let most = 0;
  while (most < n && tail(n, share, most) > chance) most++;
  return most;
}
