/** One of several parts of a set of labs. */
export interface Shard {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
}

/** Returns the shard that a text such as `2/8` names; undefined if it names none. */
export function parseShard(text: string): Shard | undefined {
  const [, index, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text)?.map(Number) ?? [];
  return index !== undefined && of !== undefined && index >= 1 && index <= of ? { index, of } : undefined;
}

/**
 * Divides labs into shards that take about the same time: the longest lab first, each to the shard with the least to do.
 * A lab without a duration counts as the median of those with one; without any, each lab counts the same. The result
 * depends on the names and durations only, so that every machine divides alike. `durations`: milliseconds by lab.
 */
export function divide(
  labs: readonly string[],
  of: number,
  durations: ReadonlyMap<string, number>,
): readonly (readonly string[])[] {
  const usual = median(labs.flatMap((lab) => durations.get(lab) ?? [])) ?? 1;
  const weight = (lab: string) => durations.get(lab) ?? usual;
  const order = [...labs].sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  const shards = Array.from({ length: of }, (): { labs: string[]; ms: number } => ({ labs: [], ms: 0 }));
  for (const lab of order) {
    const least = shards.reduce((best, shard) => (shard.ms < best.ms ? shard : best));
    least.labs.push(lab);
    least.ms += weight(lab);
  }
  return shards.map((shard) => shard.labs);
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
