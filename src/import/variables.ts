import { IMPORT_LIMITS } from './limits.ts';

/** The parameters of a configuration by their names, as they are defined so far. */
export type Variables = Map<string, string>;

/** A line `$NAME=VALUE`. */
const DEFINITION = /^\$([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;
/** The use of a parameter: `$NAME` before whitespace, `${NAME}` anywhere (keepalived.conf(5)). */
const USE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?: [^}]*)?\}|([A-Za-z_][A-Za-z0-9_]*)(?=\s|$))/g;
/** Replacements of replacements before a parameter counts as one that contains itself. */
const MOST_ROUNDS = 32;

/** Returns the name and the value that a line defines; undefined if it defines none. */
export function definitionIn(line: string): { readonly name: string; readonly value: string } | undefined {
  const [, name, value] = DEFINITION.exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : { name, value };
}

/** Returns the name of a parameter if it is all that a line says. */
export function loneUse(line: string): string | undefined {
  const [, braced, plain] = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))$/.exec(line.trim()) ?? [];
  return braced ?? plain;
}

/**
 * Replaces the parameters of a line, also those in what replaces them; one that is not defined stays. Returns undefined
 * if the line grows beyond its limit, or a parameter contains itself.
 */
export function substituted(line: string, variables: Variables): string | undefined {
  let text = line;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!text.includes('$')) return text;
    let size = 0;
    const next = text.replaceAll(USE, (whole, braced?: string, plain?: string) => {
      const value = size > IMPORT_LIMITS.line ? whole : (variables.get(braced ?? plain ?? '') ?? whole);
      size += value.length;
      return value;
    });
    if (next.length > IMPORT_LIMITS.line) return undefined;
    if (next === text) return text;
    text = next;
  }
  return undefined;
}

/** What a line repeats: its rest, once for each set of values. */
export interface Repetition {
  readonly rest: string;
  readonly rounds: readonly (readonly (readonly [name: string, value: string])[])[];
}

/**
 * Returns what a line `~SEQ(var, start, step, end) REST` or `~LST(var, values) REST` repeats; undefined if it is neither,
 * `wrong` if it cannot be read.
 */
export function repetitionIn(line: string): Repetition | 'wrong' | undefined {
  const [, kind, inner, rest = ''] = /^~(SEQx?|LST)\(((?:[^(){}]|\{[^{}]*\})*)\)\s*(.*)$/s.exec(line) ?? [];
  if (kind === undefined || inner === undefined) return /^~(SEQ|LST)/.test(line) ? 'wrong' : undefined;
  const parts =
    inner
      .match(/\{[^}]*\}|[^,{}]+/g)
      ?.map((p) => p.trim())
      .filter((p) => p !== '') ?? [];
  const rounds = kind === 'LST' ? listed(parts) : counted(parts, kind === 'SEQx' ? 16 : 10);
  return rounds === undefined ? 'wrong' : { rest, rounds };
}

function listed([names = '', ...values]: readonly string[]): Repetition['rounds'] | undefined {
  const split = (text: string) =>
    text
      .replace(/^\{|\}$/g, '')
      .split(',')
      .map((p) => p.trim());
  const keys = split(names);
  const rounds = values.map((value) => {
    const given = split(value);
    return keys.map((key, i) => [key, given[i] ?? ''] as const);
  });
  return values.length > 0 && keys.every((k) => /^[A-Za-z_]\w*$/.test(k)) ? rounds : undefined;
}

function counted([name = '', ...given]: readonly string[], base: 10 | 16): Repetition['rounds'] | undefined {
  const numbers = given.map((n) =>
    /^-?(0x[0-9a-f]+|\d+)$/i.test(n) ? (n.startsWith('-') ? -Number(n.slice(1)) : Number(n)) : Number.NaN,
  );
  if (!/^[A-Za-z_]\w*$/.test(name) || numbers.length < 1 || numbers.length > 3 || numbers.some(Number.isNaN))
    return undefined;
  const end = numbers.at(-1) ?? 0;
  const start = numbers.length > 1 ? (numbers[0] ?? 0) : end < 0 ? -1 : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 0) : end < start ? -1 : 1;
  if (step === 0 || Math.abs(end - start) / Math.abs(step) > IMPORT_LIMITS.lines) return undefined;
  const rounds: (readonly (readonly [string, string])[])[] = [];
  for (let n = start; step > 0 ? n <= end : n >= end; n += step) rounds.push([[name, n.toString(base)]]);
  return rounds;
}
