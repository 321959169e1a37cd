import type { Samples } from '../../src/page/data.ts';
import { px, type Scale } from './scale.ts';

/** One attempt of a probe, in milliseconds on the timeline's clock. */
export interface Attempt {
  readonly at: number;
  readonly took: number;
  readonly ok: boolean;
}

/** Unpacks the samples of a probe. */
export function attempts({ at, took, lost }: Samples): readonly Attempt[] {
  const failed = new Set(lost);
  let now = 0;
  return at.map((step, i) => {
    now += step;
    return { at: now / 10, took: (took[i] ?? 0) / 10, ok: !failed.has(i) };
  });
}

/** Longest latency that a bar shows, in milliseconds. */
const SLOWEST = 1000;

/** Returns bars from a base line upwards, as high as the logarithm of each latency. */
export function latencyBars(all: readonly Attempt[], x: Scale, base: number, height: number): string {
  return all
    .map(({ at, took }) => {
      const share = Math.min(1, Math.log10(1 + took * 9) / Math.log10(1 + SLOWEST * 9));
      return `M${px(x(at))} ${base}V${px(base - Math.max(2, share * height))}`;
    })
    .join('');
}

/** Returns upright lines at times. */
export function strokes(times: readonly number[], x: Scale, top: number, bottom: number): string {
  return times.map((at) => `M${px(x(at))} ${top}V${bottom}`).join('');
}
