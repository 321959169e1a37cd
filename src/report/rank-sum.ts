/** Greatest number of values of both samples for which the probability is counted out; above, the normal distribution is used. */
const MOST_COUNTED = 60;

/**
 * Returns the probability (two-sided) that two samples of one distribution differ as much in their ranks as these do: the
 * rank-sum test of Wilcoxon, Mann and Whitney, with mean ranks for equal values. It is counted out for up to 60 values,
 * and otherwise of the normal distribution with corrections for ties and continuity. 1 if a sample is empty.
 */
export function rankSum(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return 1;
  const ranks = doubledRanks([...a, ...b]);
  const sum = ranks.slice(0, n).reduce((s, r) => s + r, 0);
  return n + m <= MOST_COUNTED ? counted(ranks, n, sum) : approximated(ranks, n, m, sum);
}

/** Returns the smallest probability that `rankSum` can give for samples of these sizes. */
export function leastRankSum(n: number, m: number): number {
  let ways = 1;
  for (let i = 1; i <= n; i++) ways = (ways * (m + i)) / i;
  return Math.min(1, 2 / ways);
}

/** Returns twice the rank of each value: equal values have the mean of their ranks. */
function doubledRanks(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((x, y) => x - y);
  return values.map((v) => sorted.indexOf(v) + 1 + sorted.lastIndexOf(v) + 1);
}

/** Counts the choices of n ranks whose sum is as far from the mean as this one. */
function counted(ranks: readonly number[], n: number, sum: number): number {
  const total = ranks.reduce((s, r) => s + r, 0);
  // ways[k][s]: choices of k ranks with sum s
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(total + 1));
  (ways[0] as Float64Array)[0] = 1;
  for (const rank of ranks)
    for (let k = n; k > 0; k--) {
      const [to, from] = [ways[k] as Float64Array, ways[k - 1] as Float64Array];
      for (let s = total; s >= rank; s--) to[s] = (to[s] ?? 0) + (from[s - rank] ?? 0);
    }
  const mean = (total * n) / ranks.length;
  let [all, far] = [0, 0];
  for (const [s, count] of (ways[n] as Float64Array).entries()) {
    all += count;
    if (Math.abs(s - mean) >= Math.abs(sum - mean) - 1e-9) far += count;
  }
  return far / all;
}

function approximated(ranks: readonly number[], n: number, m: number, sum: number): number {
  const size = n + m;
  const sizes = new Map<number, number>();
  for (const r of ranks) sizes.set(r, (sizes.get(r) ?? 0) + 1);
  const ties = [...sizes.values()].reduce((s, t) => s + (t ** 3 - t), 0);
  const variance = ((n * m) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (variance === 0) return 1;
  const off = Math.max(0, Math.abs(sum / 2 - (n * (size + 1)) / 2) - 0.5);
  return Math.min(1, erfc(off / Math.sqrt(2 * variance)));
}

/** The complementary error function, to 1.2e-7 (Numerical Recipes, erfcc). */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  return t * Math.exp(-x * x + terms.reduceRight((sum, c) => sum * t + c, 0));
}
