/** A part of a line: a word without its quotes, or a brace that opens or closes a block. */
export type Token = { readonly word: string } | { readonly brace: '{' | '}' };

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Returns a line without its comment: `#` and `!` start one anywhere outside quotes (keepalived.conf(5)). */
export function withoutComment(line: string): string {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? '';
    if (c === '\\') i++;
    else if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (c === '#' || c === '!') return line.slice(0, i);
  }
  return line;
}

/**
 * Splits a line into words and braces. Words are separated by whitespace; quotes join, and are removed; `${NAME}` is no
 * block (keepalived.conf(5), Quoted strings). `open` tells that a quote does not end on the line.
 */
export function tokensOf(line: string): { readonly tokens: readonly Token[]; readonly open: boolean } {
  const tokens: Token[] = [];
  let word: string | undefined;
  let quote = '';
  const end = () => {
    if (word !== undefined) tokens.push({ word });
    word = undefined;
  };
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? '';
    if (quote !== '' && c === '\\') {
      const { text, length } = escaped(line.slice(i + 1, i + 5));
      word = (word ?? '') + text;
      i += length;
    } else if (quote !== '') {
      if (c === quote) quote = '';
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (/\s/.test(c)) end();
    else if (c === '$' && line[i + 1] === '{' && line.indexOf('}', i) > 0) {
      const close = line.indexOf('}', i);
      word = (word ?? '') + line.slice(i, close + 1);
      i = close;
    } else if (c === '{' || c === '}') {
      end();
      tokens.push({ brace: c });
    } else word = (word ?? '') + c;
  }
  end();
  return { tokens, open: quote !== '' };
}

/** Returns what stands for the characters after a backslash, and how many of these it uses. */
function escaped(after: string): { readonly text: string; readonly length: number } {
  const octal = /^[0-7]{1,3}/.exec(after)?.[0];
  if (octal !== undefined) return { text: String.fromCharCode(Number.parseInt(octal, 8) & 255), length: octal.length };
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(after);
  if (hex?.[1] !== undefined) return { text: String.fromCharCode(Number.parseInt(hex[1], 16)), length: hex[0].length };
  const control = /^c(.)/.exec(after)?.[1];
  if (control !== undefined) return { text: String.fromCharCode(control.charCodeAt(0) & 31), length: 2 };
  const [first = ''] = after;
  return { text: ESCAPES[first] ?? first, length: 1 };
}
