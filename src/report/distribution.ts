/** The results of repeated measurements of the same thing. */
export interface Distribution {
  readonly runs: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  readonly values: readonly number[];
}

/** Returns the distribution of values, by nearest rank; undefined if there are none. */
export function distribution(values: readonly number[]): Distribution | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  return {
    runs: sorted.length,
    min: rank(0),
    median: rank(0.5),
    p95: rank(0.95),
    max: rank(1),
    values,
  };
}

/** A bar of a histogram: values from `from` up to, but not including, `to` (the last bar includes it). */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Sorts values into bars of equal width; one bar if all are equal. */
export function histogram({ values, min, max }: Distribution, bars: number): readonly Bar[] {
  if (max === min) return [{ from: min, to: max, count: values.length }];
  const width = (max - min) / bars;
  return Array.from({ length: bars }, (_, i) => ({
    from: min + i * width,
    to: min + (i + 1) * width,
    count: values.filter((v) => Math.min(bars - 1, Math.floor((v - min) / width)) === i).length,
  }));
}
