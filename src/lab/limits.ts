import { CST, Lexer, Parser } from 'yaml';

/** Limits of a lab file; a lab of 300 nodes uses a tenth of them. The README lists them. */
export const LIMITS = {
  /** Bytes of the file. */
  bytes: 1024 * 1024,
  /** YAML tokens: values, colons, brackets, the spaces between them, comments, line ends. */
  tokens: 60_000,
  /** Depth of nested mappings and lists. */
  depth: 32,
  /** Keys of one mapping, or items of one list. */
  entries: 1000,
  /** Aliases (`*name`). */
  aliases: 1000,
  /** Keys and values; those behind an alias count each time that it is used. */
  values: 20_000,
} as const;

/** An exceeded limit, and the offset at which a file exceeds it. */
export interface Excess {
  readonly at: number;
  readonly message: string;
}

/** Returns the message for an exceeded limit. */
export function excess(what: string, most: number): string {
  return `more than ${most.toLocaleString('en')} ${what}; that is the limit for a lab file`;
}

/**
 * Returns the first syntactic limit that a text exceeds, found while it is read token by token: the rest is not read,
 * and nothing is built from it, so that the time depends only on the maximum number of tokens.
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
