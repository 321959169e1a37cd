import type { Argument, Completes, Flag, Verb } from './verb.ts';
import type { Group } from './verbs.ts';

/** A word that a shell may offer, with what it means. */
export interface Candidate {
  readonly word: string;
  readonly help: string;
}

/** What belongs at the end of a command line that is being typed. */
export type Wanted =
  /** One of these words. */
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  /** Something of a lab, or of the file system; `before` comes before it in the same word: `--fault=`. */
  | {
      readonly kind: 'thing';
      readonly thing: Completes;
      /** The words of the arguments before it, and those that are there already. */
      readonly given: readonly string[];
      readonly before: string;
    };

const NOTHING: Wanted = { kind: 'words', words: [] };

/**
 * Returns what belongs at the end of a command line: `words` are those after `lab`; the last one is being typed, and may be
 * empty.
 */
export function wantedAt(words: readonly string[], verbs: readonly (Verb | Group)[]): Wanted {
  const [first = '', ...rest] = words;
  if (rest.length === 0) return { kind: 'words', words: [...verbs.map(named), ...(first.startsWith('-') ? HELP : [])] };
  const found = verbs.find((v) => v.name === first);
  if (!found) return NOTHING;
  if ('run' in found) return inVerb(found, rest);
  const [second = '', ...more] = rest;
  if (more.length === 0) return { kind: 'words', words: found.verbs.map(named) };
  const verb = found.verbs.find((v) => v.name === second);
  return verb ? inVerb(verb, more) : NOTHING;
}

const HELP: readonly Candidate[] = [{ word: '--help', help: 'shows how to use it' }];

function named({ name, summary }: Verb | Group): Candidate {
  return { word: name, help: summary };
}

/** What was read of a command line before the word that is being typed. */
interface Read {
  readonly given: string[];
  readonly flags: Set<Flag<unknown>>;
  /** A flag whose value comes next; one that takes several may also be followed by another flag. */
  open: Flag<unknown> | undefined;
  /** Whether everything that follows is an argument. */
  plain: boolean;
  /** Whether `--` was there; a second one is an argument. */
  ended: boolean;
}

function inVerb(verb: Verb, words: readonly string[]): Wanted {
  const flags = Object.values(verb.flags);
  const read: Read = { given: [], flags: new Set(), open: undefined, plain: false, ended: false };
  for (const word of words.slice(0, -1)) take(verb, flags, read, word);
  const last = words.at(-1) ?? '';
  const several = read.open?.option.variadic === true;
  if (read.open && !(several && last.startsWith('-'))) return valueFor(read.open, read.given, '');
  if (!read.plain && last.startsWith('-')) {
    const [name, value] = last.split('=', 2);
    const flag = value === undefined ? undefined : flags.find((f) => f.option.long === name);
    if (flag && takesValue(flag)) return valueFor(flag, read.given, `${name}=`);
    return { kind: 'words', words: [...flagsLeft(flags, read.flags), ...HELP] };
  }
  const all: readonly Argument<unknown>[] = Object.values(verb.arguments);
  const next = all[read.given.length] ?? (all.at(-1)?.form.includes('...') ? all.at(-1) : undefined);
  if (!next) return { kind: 'words', words: flagsLeft(flags, read.flags) };
  return { kind: 'thing', thing: next.completes, given: read.given, before: '' };
}

function take(verb: Verb, flags: readonly Flag<unknown>[], read: Read, word: string): void {
  if (read.open && !word.startsWith('-')) {
    if (!read.open.option.variadic) read.open = undefined;
    return;
  }
  read.open = undefined;
  if (word === '--' && !read.ended) {
    read.ended = true;
    read.plain = true;
    return;
  }
  if (read.plain || !word.startsWith('-') || word === '-') {
    read.given.push(word);
    // From its last argument on, everything belongs to a command in a node.
    if (verb.passThrough) read.plain = true;
    return;
  }
  const [name, value] = word.split('=', 2);
  const flag = flags.find(({ option }) => option.long === name || option.short === name);
  if (!flag) return;
  read.flags.add(flag);
  if (takesValue(flag) && value === undefined) read.open = flag;
}

function takesValue({ option }: Flag<unknown>): boolean {
  return option.required || option.optional;
}

function flagsLeft(flags: readonly Flag<unknown>[], used: ReadonlySet<Flag<unknown>>): readonly Candidate[] {
  return flags
    .filter((flag) => !used.has(flag) || flag.option.variadic)
    .map(({ option }) => ({ word: option.long ?? option.flags, help: option.description }));
}

function valueFor({ option, completes }: Flag<unknown>, given: readonly string[], before: string): Wanted {
  if (option.argChoices)
    return { kind: 'words', words: option.argChoices.map((word) => ({ word: `${before}${word}`, help: '' })) };
  return { kind: 'thing', thing: completes, given, before };
}
