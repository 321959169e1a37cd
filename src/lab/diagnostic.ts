import stringWidth from 'string-width';
import { counted } from '../counted.ts';
import { visibleLine } from '../visible.ts';

/** A place in a file: line and column from 1, and how many characters it takes on that line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A mistake in a lab file: where, and what was expected, in the user's words. */
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

/** `file:line:column message`, the source line and its underline; all as a terminal can show it. */
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

/** Mistakes that are told in full; of more only how many there are. */
const MOST_TOLD = 50;

/** The mistakes of a file as they are found: the first so many in full, of more only how many, so that finding their places costs no more. */
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

  /** Takes a mistake in; it is worked out only when it will be told. */
  add(mistake: () => Diagnostic): void {
    this.#count++;
    if (this.#told.length < MOST_TOLD) this.#told.push(mistake());
  }

  /** Takes in what others found. */
  take(other: Mistakes): void {
    for (const told of other.#told) this.add(() => told);
    this.#count += other.#count - other.#told.length;
  }

  /** All of them in the order of the file, and at the end how many more there are. */
  all(): readonly Diagnostic[] {
    const more = this.#count - this.#told.length;
    const message = `${counted(more, 'more mistake')}, not shown`;
    return [
      ...this.#told.sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0)),
      ...(more > 0 ? [{ file: this.#file, message }] : []),
    ];
  }
}
