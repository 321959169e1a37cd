/** Maps values of a range to pixels. */
export type Scale = (value: number) => number;

/** Returns the scale from a range of values to a range of pixels. */
export function linear(from: number, to: number, left: number, right: number): Scale {
  const factor = (right - left) / Math.max(to - from, 1e-9);
  return (value) => left + (value - from) * factor;
}

/** Returns round values in a range, about as many as `wanted`. */
export function ticks(from: number, to: number, wanted: number): readonly number[] {
  const raw = Math.max((to - from) / wanted, 1e-9);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}

/** Rounds a coordinate for an attribute. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
