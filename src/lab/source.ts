import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { fail, ok, type Result } from '../result.ts';
import type { Diagnostic, Place } from './diagnostic.ts';

/** Largest lab file that is read: 300 nodes take about 30 KB. */
export const MAX_BYTES = 1024 * 1024;

/** A path into the file: keys and indexes from the top. */
export type Path = readonly (string | number)[];

/** A YAML file that parsed: its plain value, and where each part of it stands. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** A diagnostic at the value of `path`, or at its key; at the nearest enclosing part when the path leads nowhere. */
  at(path: Path, message: string, where?: 'key' | 'value', related?: { message: string; path: Path }): Diagnostic;
}

/** What the parser says, in words that help someone who does not know YAML's terms. */
const YAML_WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here twice; remove one of them',
  TAB_AS_INDENT: 'a tab is used to indent; YAML wants spaces',
  MULTIPLE_DOCS: 'a second document starts here; a lab file holds one',
};

class YamlSource implements Source {
  readonly file: string;
  value: unknown = undefined;
  readonly #lines: readonly string[];
  readonly #counter: LineCounter;
  readonly #document: Document;

  constructor(file: string, text: string, counter: LineCounter, document: Document) {
    this.file = file;
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
      if (isAlias(node)) node = node.resolve(this.#document);
      const last = i === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find((p) => isPair(p) && isScalar(p.key) && String(p.key.value) === String(key));
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

/** An empty value has no width: then its start is all there is to point at. */
function spanOf(node: Node, isValue: boolean): readonly [number, number] {
  const [start, end] = node.range ?? [0, 0, 0];
  return isValue && !isScalar(node) && !isAlias(node) ? [start, start + 1] : [start, Math.max(end, start + 1)];
}

/** Aliases that name no anchor, or that stand inside what they name. */
function aliasMistakes(source: YamlSource, document: Document): Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      const [start, end] = alias.range ?? [0, 0];
      if (!target)
        found.push(
          source.span(
            start,
            end,
            `"*${alias.source}" names no anchor above it; write "&${alias.source}" where the value stands`,
          ),
        );
      else if (ancestors.includes(target))
        found.push(source.span(start, end, `"*${alias.source}" stands inside the value that it names`));
    },
  });
  return found;
}

/**
 * Parses the text of a lab file, keeping positions.
 * Fails with every mistake of form: binary or oversized or empty text, YAML syntax, duplicate keys, wrong aliases.
 */
export function readSource(file: string, bytes: Buffer): Result<Source, readonly Diagnostic[]> {
  if (bytes.length > MAX_BYTES) {
    return fail([
      { file, message: `the file has ${(bytes.length / 1024 / 1024).toFixed(1)} MB; a lab file has at most 1 MB` },
    ]);
  }
  if (bytes.includes(0)) return fail([{ file, message: 'this is a binary file; a lab file is YAML text' }]);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail([{ file, message: 'this is not UTF-8 text; a lab file is YAML text' }]);
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, merge: true, prettyErrors: false });
  const source = new YamlSource(file, text, counter, document);
  if (document.errors.length > 0) {
    return fail(
      document.errors.map((e) =>
        source.span(
          e.pos[0],
          Math.max(e.pos[1], e.pos[0] + 1),
          YAML_WORDS[e.code] ?? `this is not YAML: ${lowerFirst(e.message)}`,
        ),
      ),
    );
  }
  const aliases = aliasMistakes(source, document);
  if (aliases.length > 0) return fail(aliases);
  if (document.contents === null)
    return fail([{ file, message: 'the file is empty; `lab schema` tells what belongs in it' }]);
  try {
    source.value = document.toJS({ maxAliasCount: 200 });
  } catch (error) {
    return fail([
      { file, message: `its anchors and aliases cannot be resolved: ${lowerFirst((error as Error).message)}` },
    ]);
  }
  return ok(source);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
