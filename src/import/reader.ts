import { dirname, isAbsolute, join } from 'node:path';
import { type FileAt, type Files, filesBeside, HOME_OF_CONF } from './files.ts';
import { beyond, IMPORT_LIMITS } from './limits.ts';
import { type Place, shownPath, type Told } from './told.ts';
import { definitionIn, loneUse, repetitionIn, substituted, type Variables } from './variables.ts';
import { withoutComment } from './words.ts';

/** A line that counts: its comment removed, its parameters replaced. */
export interface Line {
  readonly text: string;
  readonly place: Place;
}

/** A file that a configuration consists of, and where it is on the real machine. */
export interface ConfFile extends FileAt {
  readonly bytes: Buffer;
}

/** A configuration in lines, with the files that it includes. */
export interface Conf {
  readonly lines: readonly Line[];
  /** The main file first. */
  readonly files: readonly ConfFile[];
  /** Names after `@` and `@^`: the machines that the configuration tells apart. */
  readonly hosts: readonly string[];
}

/** Where files come from. */
export interface Sources {
  /** Whether files may be outside the folder of the configuration. */
  readonly allowOutside: boolean;
  /** The configuration's name for the machine (config-id); undefined for none. */
  readonly host: string | undefined;
}

type Item = { readonly text: string; readonly place: Place } | { readonly set: readonly (readonly [string, string])[] };

const INCLUDE = /^include[rmwba]?\s+(\S.*)$/;

/** Reads a keepalived.conf with its includes, conditions, parameters and repetitions (keepalived.conf(5)). */
export function readConf(file: string, { allowOutside, host }: Sources, told: Told): Conf {
  return readConfFrom(filesBeside(file, allowOutside), file, host, told);
}

/** Reads the keepalived.conf `local` in the same way, with includes from `files`; `host` is the machine's config-id. */
export function readConfFrom(files: Files, local: string, host: string | undefined, told: Told): Conf {
  const reader = new Reader(files, host, told);
  reader.file({ local, there: join(HOME_OF_CONF, 'keepalived.conf') }, []);
  return { lines: reader.lines, files: reader.files, hosts: [...reader.hosts] };
}

class Reader {
  readonly lines: Line[] = [];
  readonly files: ConfFile[] = [];
  readonly hosts = new Set<string>();
  readonly #variables: Variables = new Map();
  readonly #files: Files;
  readonly #host: string | undefined;
  readonly #told: Told;
  #full = false;

  constructor(files: Files, host: string | undefined, told: Told) {
    this.#files = files;
    this.#host = host;
    this.#told = told;
    if (host !== undefined) this.#variables.set('_INSTANCE', host);
    this.#variables.set('_HASH', '#').set('_BANG', '!');
  }

  /** Reads a file, `via` those that include one another up to it. */
  file({ local, there }: FileAt, via: readonly Place[]): void {
    const from = via.at(-1);
    const tell = (message: string) =>
      from === undefined
        ? this.#told.wrongFile(local, message)
        : this.#told.wrong(from, `${shownPath(local)} ${message}`);
    if (this.files.length >= IMPORT_LIMITS.files) {
      this.#stop(from, beyond(IMPORT_LIMITS.files, 'included files'));
      return;
    }
    const taken = this.#files.take({ local, there });
    const text = taken.ok ? textOf(taken.value) : undefined;
    if (!taken.ok || text === undefined) {
      tell(taken.ok ? 'is a binary file, not a configuration' : taken.error);
      return;
    }
    this.files.push({ local, there, bytes: taken.value });
    const above = this.#variables.get('_PWD');
    this.#variables.set('_PWD', dirname(there));
    this.#text(text, local, there, via);
    if (above !== undefined) this.#variables.set('_PWD', above);
  }

  #stop(place: Place | undefined, message: string): void {
    if (!this.#full) this.#told.wrong(place ?? { file: this.files[0]?.local ?? '', line: 1 }, message);
    this.#full = true;
  }

  #text(text: string, local: string, there: string, via: readonly Place[]): void {
    const raw = text.split(/\r?\n/);
    for (let n = 0; n < raw.length && !this.#full; n++) {
      const place = { file: local, line: n + 1 };
      let line = withoutComment(raw[n] ?? '').trim();
      // A definition of several lines: each but the last ends with a backslash.
      while (line.endsWith('\\') && n + 1 < raw.length)
        line = `${line.slice(0, -1).trimEnd()}\n${withoutComment(raw[++n] ?? '').trim()}`;
      if (line !== '') this.#all(line, place, there, via);
    }
  }

  /** Handles a line and everything that replaces it. */
  #all(text: string, place: Place, there: string, via: readonly Place[]): void {
    const queue: Item[] = [{ text, place }];
    while (queue.length > 0 && !this.#full) {
      const item = queue.pop();
      if (item === undefined) return;
      if ('set' in item) for (const [name, value] of item.set) this.#variables.set(name, value);
      else queue.push(...this.#one(item.text.trim(), place, there, via).toReversed());
      if (queue.length > IMPORT_LIMITS.lines) this.#stop(place, beyond(IMPORT_LIMITS.lines, 'lines by repetition'));
    }
  }

  /** Handles one line; returns what takes its place, if something does. */
  #one(text: string, place: Place, there: string, via: readonly Place[]): Item[] {
    if (text === '') return [];
    const [, not, host, rest = ''] = /^@(\^?)([^\s]*)\s*(.*)$/s.exec(text) ?? [];
    if (host !== undefined) {
      this.hosts.add(host);
      const holds = (host === this.#host) !== (not === '^');
      return holds ? [{ text: rest, place }] : [];
    }
    const definition = definitionIn(text);
    if (definition) {
      this.#variables.set(definition.name, definition.value.trim());
      return [];
    }
    const repeated = repetitionIn(text);
    if (repeated === 'wrong') {
      this.#told.wrong(place, 'expected ~SEQ(NAME, FIRST, STEP, LAST) or ~LST(NAME, VALUE, VALUE)', text);
      return [];
    }
    if (repeated) return repeated.rounds.flatMap((set) => [{ set }, { text: repeated.rest, place }]);
    const lone = this.#variables.get(loneUse(text) ?? '');
    if (lone !== undefined) {
      if (lone.length > IMPORT_LIMITS.line) this.#stop(place, beyond(IMPORT_LIMITS.line, 'characters in one line'));
      // A parameter that names itself would go round for ever: each round counts as a line.
      this.#count(place);
      return lone.split('\n').map((line) => ({ text: line, place }));
    }
    const replaced = substituted(text, this.#variables);
    if (replaced === undefined) {
      this.#stop(place, 'a parameter contains itself, or the line grows beyond its limit');
      return [];
    }
    if (replaced !== text && (replaced.includes('\n') || /^[@~$]/.test(replaced)))
      return replaced.split('\n').map((line) => ({ text: line, place }));
    const [, pattern] = INCLUDE.exec(replaced) ?? [];
    if (pattern !== undefined) this.#include(pattern.replace(/^(["'])(.*)\1$/, '$2'), place, there, via);
    else {
      this.#count(place);
      this.lines.push({ text: replaced, place });
    }
    return [];
  }

  #lines = 0;
  #count(place: Place): void {
    if (++this.#lines > IMPORT_LIMITS.lines) this.#stop(place, beyond(IMPORT_LIMITS.lines, 'lines'));
  }

  #include(pattern: string, place: Place, there: string, via: readonly Place[]): void {
    const onTheMachine = isAbsolute(pattern) ? pattern : join(dirname(there), pattern);
    const found = this.#files.find(onTheMachine);
    if (found.length === 0) {
      this.#told.lose(place, `include ${pattern}: ${this.#files.missing(onTheMachine)}`);
      return;
    }
    for (const file of found) {
      const way = [...via.map((p) => p.file), place.file];
      if (way.includes(file.local)) {
        this.#told.wrong(
          place,
          `${shownPath(file.local)} includes itself: ${[...way, file.local].map(shownPath).join(' → ')}`,
        );
        return;
      }
      if (via.length >= IMPORT_LIMITS.includes) {
        this.#stop(place, beyond(IMPORT_LIMITS.includes, 'files that include one another'));
        return;
      }
      this.file(file, [...via, place]);
    }
  }
}

function textOf(bytes: Buffer): string | undefined {
  return bytes.includes(0) ? undefined : bytes.toString('utf8');
}
