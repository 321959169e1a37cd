import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { fail, ok, type Result } from '../result.ts';
import { type Diagnostic, Mistakes, type Place } from './diagnostic.ts';
import { type Excess, excess, excessOf, LIMITS } from './limits.ts';
import { megabytes } from './take.ts';

/** A path into the file: keys and indexes from the top. */
export type Path = readonly (string | number)[];

/** A YAML file as far as it could be read: its plain value, and the place of each part. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** Mistakes of form: syntax, duplicate keys. */
  readonly mistakes: Mistakes;
  /**
   * Parts after a syntax mistake, such as `nodes.rs1`, of which nothing is known: the part with the mistake and those
   * that follow it in its section; `nodes.` if more than these may be missing.
   */
  readonly unread: ReadonlySet<string>;
  /**
   * Returns a diagnostic at the value of `path`, or at its key; at the nearest enclosing part if nothing is at the
   * path.
   */
  at(path: Path, message: string, where?: 'key' | 'value', related?: { message: string; path: Path }): Diagnostic;
}

/** Plain words for the parser's messages, for readers who do not know YAML's terms. */
const YAML_WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is given twice; remove one of them',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML needs spaces',
  MULTIPLE_DOCS: 'a second document starts here; a lab file has only one',
};

class YamlSource implements Source {
  readonly file: string;
  value: unknown = undefined;
  readonly mistakes: Mistakes;
  readonly unread = new Set<string>();
  readonly #lines: readonly string[];
  readonly #counter: LineCounter;
  readonly #document: Document;
  /** The target of each alias. */
  readonly targets = new Map<Alias, Node>();

  constructor(file: string, text: string, counter: LineCounter, document: Document) {
    this.file = file;
    this.mistakes = new Mistakes(file);
    this.#lines = text.split(/\r?\n/);
    this.#counter = counter;
    this.#document = document;
  }

  at(
    path: Path,
    message: string,
    where: 'key' | 'value' = 'value',
    related?: { message: string; path: Path },
  ): Diagnostic {
    const range = this.#range(path, where);
    const other = related && this.#counter.linePos(this.#range(related.path, 'key')[0]).line;
    return this.span(
      range[0],
      range[1],
      message,
      related && other ? { message: related.message, line: other } : undefined,
    );
  }

  span(start: number, end: number, message: string, related?: { message: string; line: number }): Diagnostic {
    const from = this.#counter.linePos(start);
    const to = this.#counter.linePos(end);
    const line = Math.max(1, from.line);
    const column = Math.max(1, from.col);
    const source = this.#lines[line - 1] ?? '';
    const length = to.line === from.line ? to.col - from.col : source.length - column + 1;
    const place: Place = { line, column, length: Math.max(1, length) };
    return { file: this.file, message, place, source, ...(related ? { related } : {}) };
  }

  #range(path: Path, where: 'key' | 'value'): readonly [number, number] {
    let node: unknown = this.#document.contents;
    let range: readonly [number, number] =
      isNode(node) && node.range ? [node.range[0], Math.min(node.range[1], node.range[0] + 1)] : [0, 0];
    for (const [i, key] of path.entries()) {
      if (isAlias(node)) node = this.targets.get(node);
      const last = i === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.findLast((p) => isPair(p) && isScalar(p.key) && String(p.key.value) === String(key));
        if (!pair) break;
        const target = last && where === 'value' && isNode(pair.value) && pair.value.range ? pair.value : pair.key;
        if (isNode(target) && target.range) range = spanOf(target, last && where === 'value' && target !== pair.key);
        node = pair.value;
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(key)];
        if (!isNode(item) || !item.range) break;
        range = spanOf(item, true);
        node = item;
      } else break;
    }
    return range;
  }
}

/** Returns the offset at which an item of a mapping or list begins: at its key, or at itself. */
function beginOf(item: unknown): number {
  const node = isPair(item) ? item.key : item;
  return (isNode(node) && node.range?.[0]) || 0;
}

/**
 * Returns the items of a mapping or list with their keys or indexes, from the last one that begins before an offset: an
 * item without its end is noticed where the next one begins.
 */
function itemsFrom(node: unknown, offset: number): readonly (readonly [string, unknown])[] {
  if (!isMap(node) && !isSeq(node)) return [];
  const items: readonly unknown[] = node.items;
  const first = Math.max(
    0,
    items.findLastIndex((item) => beginOf(item) < offset),
  );
  return items
    .slice(first)
    .map((item, i) =>
      isPair(item)
        ? [isScalar(item.key) ? String(item.key.value) : '', item.value]
        : ([String(first + i), item] as const),
    );
}

/**
 * Returns the unreadable parts of a document with a syntax mistake at an offset: from the entry with the mistake to the
 * end of its section.
 */
function unreadAt(contents: unknown, offset: number): readonly string[] {
  const [[section, entries] = ['', undefined]] = itemsFrom(contents, offset);
  return [`${section}.`, ...itemsFrom(entries, offset).map(([entry]) => `${section}.${entry}`)];
}

/** Returns the range of a node. An empty value has no width, so its start is marked. */
function spanOf(node: Node, isValue: boolean): readonly [number, number] {
  const [start, end] = node.range ?? [0, 0, 0];
  return isValue && !isScalar(node) && !isAlias(node) ? [start, start + 1] : [start, Math.max(end, start + 1)];
}

/**
 * Finds mistakes in a document whose syntax is right: aliases that name no anchor, are inside their own target, or
 * expand the document beyond the limits of a lab file; keys that are not words. One walk, in the order of the text.
 */
class Walk {
  readonly mistakes: Mistakes;
  readonly #source: YamlSource;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  /** Number of values in each part, including those behind its aliases. */
  readonly #sizes = new Map<Node, number>();

  constructor(source: YamlSource) {
    this.#source = source;
    this.mistakes = new Mistakes(source.file);
  }

  /** Walks a part of the document. Returns how many values it has. */
  values(node: unknown): number {
    if (isAlias(node)) return this.#named(node);
    if (!isNode(node)) return 0;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (!isCollection(node)) return this.#sized(node, 1);
    this.#open.add(node);
    let sum = 1;
    for (const item of node.items) {
      if (isPair(item)) this.#lookAtKey(item.key);
      sum += isPair(item) ? this.values(item.key) + this.values(item.value) : this.values(item);
      if (isPair(item) && isScalar(item.key) && typeof item.key.value === 'symbol')
        this.#lookAtMerged(item.key, item.value);
    }
    this.#open.delete(node);
    return this.#sized(node, sum);
  }

  #sized(node: Node, size: number): number {
    if (node.anchor !== undefined) this.#sizes.set(node, size);
    return size;
  }

  #named(alias: Alias): number {
    const target = this.#anchors.get(alias.source);
    if (!target)
      this.#wrong(alias, `"*${alias.source}" refers to no anchor above it; write "&${alias.source}" at the value`);
    else if (this.#open.has(target)) this.#wrong(alias, `"*${alias.source}" is inside the value that it refers to`);
    else this.#source.targets.set(alias, target);
    return (target && this.#sizes.get(target)) ?? 1;
  }

  /**
   * Reports a merge key (a symbol in `yaml`) whose value cannot be merged; an alias without a target is reported
   * already.
   */
  #lookAtMerged(key: Node, value: unknown): void {
    const parts = isSeq(value) ? value.items : [value];
    const whole = parts.map((part) => (isAlias(part) ? this.#anchors.get(part.source) : part));
    if (whole.some((part) => part !== undefined && !isMap(part)))
      this.#wrong(key, '"<<" needs a mapping, or a list of mappings');
  }

  #lookAtKey(key: unknown): void {
    if (isScalar(key) && key.value === '__proto__') this.#wrong(key, 'invalid name "__proto__"');
    if (isCollection(key)) this.#wrong(key, 'expected a key, found a mapping or list; a key is one word');
  }

  #wrong(node: Node, message: string): void {
    const [start, end] = spanOf(node, true);
    this.mistakes.add(() => this.#source.span(start, end, message));
  }
}

/** Mistakes that leave the document readable. */
const READABLE: readonly string[] = ['DUPLICATE_KEY', 'MULTIPLE_DOCS'];

/**
 * Parses the text of a lab file, with positions. Syntax mistakes and duplicate keys are added to the source's
 * `mistakes`; the source contains everything else that is readable. Fails if nothing is: binary, oversized or empty
 * text, invalid aliases.
 */
export function readSource(file: string, bytes: Buffer): Result<Source, readonly Diagnostic[]> {
  if (bytes.length > LIMITS.bytes)
    return fail([
      { file, message: `the file has ${megabytes(bytes.length)}; a lab file has at most ${megabytes(LIMITS.bytes)}` },
    ]);
  if (bytes.includes(0)) return fail([{ file, message: 'this is a binary file; a lab file is YAML text' }]);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail([{ file, message: 'this is not UTF-8 text; a lab file is YAML text' }]);
  }
  const over = excessOf(text);
  if (over) return fail([placed(file, text, over)]);
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, merge: true, prettyErrors: false });
  const source = new YamlSource(file, text, counter, document);
  const { mistakes } = source;
  const { contents } = document;
  const broken = document.errors.filter((e) => !READABLE.includes(e.code));
  for (const e of document.errors)
    mistakes.add(() =>
      source.span(
        e.pos[0],
        Math.max(e.pos[1], e.pos[0] + 1),
        YAML_WORDS[e.code] ?? `this is not YAML: ${lowerFirst(e.message)}`,
      ),
    );
  for (const e of broken) for (const part of unreadAt(contents, e.pos[0])) source.unread.add(part);
  if (contents === null) {
    if (mistakes.count > 0) return fail(mistakes.all());
    return fail([{ file, message: 'the file is empty; `lab schema --reference` lists its keys' }]);
  }
  const walk = new Walk(source);
  const values = walk.values(contents);
  // An alias may refer to something in an unreadable part.
  if (broken.length === 0) mistakes.take(walk.mistakes);
  if (walk.mistakes.count > 0) return fail(mistakes.all());
  if (values > LIMITS.values)
    return fail([{ file, message: excess('keys and values, with its aliases followed', LIMITS.values) }]);
  try {
    source.value = document.toJS({ maxAliasCount: -1 }); // the values behind aliases are counted already
  } catch (error) {
    if (mistakes.count > 0) return fail(mistakes.all());
    return fail([{ file, message: `its merge keys cannot be resolved: ${lowerFirst((error as Error).message)}` }]);
  }
  return ok(source);
}

/** Returns the diagnostic for an exceeded limit, in a text that is not parsed. */
function placed(file: string, text: string, { at, message }: Excess): Diagnostic {
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  const source = text.slice(at - column + 1).split('\n', 1)[0] ?? '';
  return { file, message, place: { line: before.length, column, length: 1 }, source };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
