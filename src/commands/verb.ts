import { InvalidArgumentError, Option } from 'commander';
import { DRIVERS, KERNEL_CHOICES } from '../model/words.ts';
import { parseDuration } from '../net/duration.ts';

/** A flag as it is written and explained, and in its type what a verb gets of it. */
export class Flag<T> {
  readonly option: Option;
  readonly required: boolean;
  /** Holds the type; there is no such value. */
  declare readonly gives: T;

  constructor(option: Option, required = false) {
    this.option = option;
    this.required = required;
  }

  /** The same with a value where the user gives none, which the help shows as `words`. */
  standard(value: Exclude<T, undefined>, words?: string): Flag<Exclude<T, undefined>> {
    return new Flag(this.option.default(value, words), this.required);
  }
}

/** `--json`: there or not. */
export function given(form: string, help: string): Flag<boolean | undefined> {
  return new Flag(new Option(form, help));
}

/** `--no-wait`: true unless it is there. */
export function unless(form: string, help: string): Flag<boolean> {
  return new Flag(new Option(form, help));
}

/** `--report <dir>`: a word. */
export function text(form: string, help: string): Flag<string | undefined> {
  return new Flag(new Option(form, help));
}

/** `--clients <client...>`: words. */
export function texts(form: string, help: string): Flag<readonly string[] | undefined> {
  return new Flag(new Option(form, help));
}

/** A word without which the verb does nothing. */
export function required(form: string, help: string): Flag<string> {
  return new Flag(new Option(form, help), true);
}

/** One of several words. */
export function choice<const T extends string>(form: string, help: string, words: readonly T[]): Flag<T | undefined> {
  return new Flag(new Option(form, help).choices(words));
}

/** A whole number, 0 or more. */
export function count(form: string, help: string): Flag<number | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string) => {
      const n = Number(written);
      if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('expected a whole number');
      return n;
    }),
  );
}

/** A time, which the verb gets in milliseconds. */
function duration(form: string, help: string): Flag<number | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string) => {
      const ms = parseDuration(written);
      if (ms === undefined || ms <= 0) throw new InvalidArgumentError('expected a time such as 500ms, 3s or 2m');
      return ms;
    }),
  );
}

/** Flags that several verbs have: each verb has objects of its own. */
export const common = {
  json: () => given('--json', 'print JSON'),
  allowOutside: () =>
    given('--allow-outside', 'allow files from outside the lab’s folder; use it only for labs that you trust'),
  timeout: () => duration('--timeout <time>', 'time limit for nodes to come up').standard(60_000, '60s'),
  /** What is said of a lab beside its file. */
  lab: () => ({
    name: text('--name <name>', 'run it under another name, as a second copy'),
    kernel: choice('--kernel <kernel>', 'kernel for the nodes that need their own', KERNEL_CHOICES),
    driver: choice('--driver <driver>', 'load balancer for directors without `driver:`', DRIVERS),
  }),
};

/** What stands behind a verb without a flag, as its help has it, and in its type what the verb gets. */
export class Argument<T> {
  readonly form: string;
  readonly help: string;
  declare readonly gives: T;

  constructor(form: string, help: string) {
    this.form = form;
    this.help = help;
  }
}

/** `<lab>`: one word. */
export function one(form: string, help: string): Argument<string> {
  return new Argument(form, help);
}

/** `[node]`: one word, or none. */
export function maybe(form: string, help: string): Argument<string | undefined> {
  return new Argument(form, help);
}

/** `<labs...>`: words. */
export function several(form: string, help: string): Argument<readonly string[]> {
  return new Argument(form, help);
}

type Flags = Readonly<Record<string, Flag<unknown>>>;
type Arguments = Readonly<Record<string, Argument<unknown>>>;

/** What a verb gets: what may be left out is absent then. */
type Gives<T extends Readonly<Record<string, { readonly gives: unknown }>>> = {
  readonly [K in keyof T as undefined extends T[K]['gives'] ? never : K]: T[K]['gives'];
} & { readonly [K in keyof T as undefined extends T[K]['gives'] ? K : never]?: Exclude<T[K]['gives'], undefined> };

/** A verb of the command line: what is written behind it, what its help says, and what it does. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly arguments: Arguments;
  readonly flags: Flags;
  /** All behind its arguments is the last argument's, what looks like a flag too. */
  readonly passThrough: boolean;
  readonly examples: readonly string[];
  /** Returns the exit code. It loads its work only now: `--help` must not wait for the engine's library. */
  run(args: Readonly<Record<string, unknown>>, options: Readonly<Record<string, unknown>>): Promise<number>;
}

/** A verb, whose `run` gets what its arguments and flags say, by their names. */
export function verb<A extends Arguments, F extends Flags>(declared: {
  readonly name: string;
  readonly summary: string;
  readonly arguments: A;
  readonly flags: F;
  readonly passThrough?: boolean;
  readonly examples: readonly string[];
  run(args: Gives<A>, options: Gives<F>): Promise<number>;
}): Verb {
  // What commander gives has the names and types that the declarations say, which a test holds.
  return { passThrough: false, ...declared } as unknown as Verb;
}
