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

/** `file:line:column message`, the source line and its underline. */
export function formatDiagnostic(d: Diagnostic): string {
  if (!d.place) return `${d.file}: ${d.message}`;
  const head = `${d.file}:${d.place.line}:${d.place.column} ${d.message}`;
  const related = d.related ? [`    ${d.related.message} (line ${d.related.line})`] : [];
  if (d.source === undefined) return [head, ...related].join('\n');
  const from = Math.max(0, d.place.column - 1 - WIDTH / 2);
  const line = d.source.slice(from, from + WIDTH).replaceAll('\t', ' ');
  const indent = d.place.column - 1 - from;
  const marks = '~'.repeat(Math.max(1, Math.min(d.place.length, line.length - indent)));
  return [head, `    ${line}`, `    ${' '.repeat(indent)}${marks}`, ...related].join('\n');
}
