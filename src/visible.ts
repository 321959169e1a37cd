/**
 * Characters that a terminal acts on or hides: C0, DEL and C1 (callers handle newline and tab), halves of surrogate
 * pairs, marks that change the direction of writing, line separators, and characters that show nothing.
 */
const HIDDEN =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

function written(c: string): string {
  const code = c.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * Returns text of several lines with every character that a terminal would act on or hide written out: ESC as `\x1b`.
 * Newlines and tabs stay.
 */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (c) => (c === '\n' || c === '\t' ? c : written(c)));
}

/** Like `visible`, for a place of one line: a newline is written out too, and a tab becomes a space. */
export function visibleLine(text: string): string {
  return text.replaceAll(HIDDEN, (c) => (c === '\t' ? ' ' : c === '\n' ? '\\n' : written(c)));
}

/** Returns a value as JSON in which nothing is hidden: it parses to the same value, and is safe to display. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(HIDDEN, (c) =>
    c === '\n'
      ? c
      : [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** Returns a value with each of its strings changed. */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((v: unknown) => mapStrings(v, change)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, mapStrings(v, change)])) as T;
}
