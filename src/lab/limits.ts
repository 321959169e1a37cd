import { CST, Lexer, Parser } from 'yaml';

/** What a lab file may have at most; a lab of 300 nodes has a tenth of it. The README states them. */
export const LIMITS = {
  /** Bytes of the file. */
  bytes: 1024 * 1024,
  /** Words and signs of YAML: values, colons, brackets, the spaces between them, comments, ends of lines. */
  tokens: 60_000,
  /** Mappings and lists inside each other. */
  depth: 32,
  /** Keys of one mapping, or items of one list. */
  entries: 1000,
  /** Aliases (`*name`). */
  aliases: 1000,
  /** Keys and values, those behind aliases as often as they are named. */
  values: 20_000,
} as const;

/** A limit that a file exceeds, and the offset at which it does. */
export interface Excess {
  readonly at: number;
  readonly message: string;
}

/** How an exceeded limit is told. */
export function excess(what: string, most: number): string {
  return `more than ${most.toLocaleString('en')} ${what}; that is the limit for a lab file`;
}

/**
 * The first limit of form that a text exceeds, found while it is read token by token: nothing of the rest is looked at,
 * and nothing is built of it, so that the answer takes no longer than as many tokens as there may be.
 */
export function excessOf(text: string): Excess | undefined {
  const parser = new Parser();
  let [tokens, aliases] = [0, 0];
  for (const token of new Lexer().lex(text)) {
    const at = parser.offset;
    tokens++;
    if (CST.tokenType(token) === 'alias') aliases++;
    for (const _ of parser.next(token));
    const open = parser.stack.flatMap((t) => ('items' in t ? [t.items.length] : []));
    if (tokens > LIMITS.tokens) return { at, message: excess('YAML tokens', LIMITS.tokens) };
    if (aliases > LIMITS.aliases) return { at, message: excess('aliases', LIMITS.aliases) };
    if (open.length > LIMITS.depth) return { at, message: excess('levels of nested mappings and lists', LIMITS.depth) };
    if (open.some((entries) => entries > LIMITS.entries))
      return { at, message: excess('entries in one mapping or list', LIMITS.entries) };
  }
  return undefined;
}
