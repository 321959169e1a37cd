import { relative } from 'node:path';
import { Mistakes } from '../lab/diagnostic.ts';

/** A line of a file that the import has read; the line counts from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Something of a configuration that the lab does not say, and why. */
export interface Lost {
  readonly place: Place | undefined;
  readonly text: string;
}

/** Returns a file's path as it is shown: relative to the working directory if the file is below it. */
export function shownPath(file: string): string {
  const way = relative('', file);
  return way === '' || way.startsWith('..') ? file : way;
}

/** Formats `FILE:LINE`. */
export function placeText({ file, line }: Place): string {
  return `${shownPath(file)}:${line}`;
}

/** What an import finds out beside the lab: mistakes that end it, and what could not be carried over. */
export class Told {
  readonly mistakes = new Mistakes('import');
  readonly #lost = new Map<string, Lost>();

  /** Adds a mistake at a line of a file. */
  wrong(place: Place, message: string, source?: string): void {
    const trimmed = source?.trimEnd();
    const indent = trimmed === undefined ? 0 : trimmed.length - trimmed.trimStart().length;
    this.mistakes.add(() => ({
      file: shownPath(place.file),
      message,
      place: { line: place.line, column: indent + 1, length: Math.max(1, (trimmed?.length ?? 1) - indent) },
      ...(trimmed ? { source: trimmed } : {}),
    }));
  }

  /** Adds a mistake of a file as a whole. */
  wrongFile(file: string, message: string): void {
    this.mistakes.add(() => ({ file: shownPath(file), message }));
  }

  /** Adds something that is not carried over; the same line and text count once. */
  lose(place: Place | undefined, text: string): void {
    const key = `${place ? placeText(place) : ''} ${text}`;
    if (!this.#lost.has(key)) this.#lost.set(key, { place, text });
  }

  /** Returns what is not carried over, in the order of files and lines. */
  lost(): readonly Lost[] {
    const files = [...new Set([...this.#lost.values()].map((l) => l.place?.file))];
    const rank = ({ place }: Lost) => [files.indexOf(place?.file), place?.line ?? 0] as const;
    return [...this.#lost.values()].sort((a, b) => {
      const [[fileA, lineA], [fileB, lineB]] = [rank(a), rank(b)];
      return fileA - fileB || lineA - lineB;
    });
  }
}
