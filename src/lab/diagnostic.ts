import stringWidth from 'string-width';
import { counted } from '../counted.ts';
import { visibleLine } from '../visible.ts';

/** A place in a file: line and column from 1, and its length in characters on that line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A mistake in a lab file: its place, and what was expected, in the user's words. */
export interface Diagnostic {
  readonly file: string;
  readonly message: string;
  /** Absent when the file as a whole is wrong (missing, binary, too large). */
  readonly place?: Place;
  /** The source line at `place`. */
  readonly source?: string;
  /** Another place that matters: "first used here". */
  readonly related?: { readonly message: string; readonly line: number };
}

const WIDTH = 160;

/** Formats `file:line:column message`, the source line and its underline; all are safe for a terminal. */
export function formatDiagnostic(d: Diagnostic): string {
  const [file, message] = [visibleLine(d.file), visibleLine(d.message)];
  if (!d.place) return `${file}: ${message}`;
  const head = `${file}:${d.place.line}:${d.place.column} ${message}`;
  const related = d.related ? [`    ${visibleLine(d.related.message)} (line ${d.related.line})`] : [];
  if (d.source === undefined) return [head, ...related].join('\n');
  const at = d.place.column - 1;
  const from = Math.max(0, at - WIDTH / 2);
  const to = Math.min(d.source.length, from + WIDTH);
  const [before, marked, after] = [
    visibleLine(d.source.slice(from, at)),
    visibleLine(d.source.slice(at, Math.min(to, at + d.place.length))),
    visibleLine(d.source.slice(Math.min(to, at + d.place.length), to)),
  ];
  const marks = '~'.repeat(Math.max(1, stringWidth(marked)));
  return [head, `    ${before}${marked}${after}`, `    ${' '.repeat(stringWidth(before))}${marks}`, ...related].join(
    '\n',
  );
}

/** Maximum number of mistakes that are reported in full; of the rest, only the number is reported. */
const MOST_TOLD = 50;

/**
 * The mistakes of a file, collected as they are found: up to the maximum in full, then only counted, so that their
 * places are not computed.
 */
export class Mistakes {
  readonly #file: string;
  readonly #told: Diagnostic[] = [];
  #count = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a mistake; computes it only if it will be reported. */
  add(mistake: () => Diagnostic): void {
    this.#count++;
    if (this.#told.length < MOST_TOLD) this.#told.push(mistake());
  }

  /** Adds the mistakes of another collection. */
  take(other: Mistakes): void {
    for (const told of other.#told) this.add(() => told);
    this.#count += other.#count - other.#told.length;
  }

  /** Returns all mistakes in the order of the file, followed by the number of further ones. */
  all(): readonly Diagnostic[] {
    const more = this.#count - this.#told.length;
    const message = `${counted(more, 'more mistake')}, not shown`;
    return [
      ...this.#told.sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0)),
      ...(more > 0 ? [{ file: this.#file, message }] : []),
    ];
  }
}
