import { InvalidArgumentError, Option } from 'commander';
import { DRIVERS, KERNEL_CHOICES } from '../model/words.ts';
import { parseDuration } from '../net/duration.ts';

/** A flag with its syntax and help text; its type is the type of the value that a verb receives. */
export class Flag<T> {
  readonly option: Option;
  readonly required: boolean;
  /** Holds the type; there is no value. */
  declare readonly gives: T;

  constructor(option: Option, required = false) {
    this.option = option;
    this.required = required;
  }

  /** Returns the same flag with a default value, which the help shows as `words`. */
  standard(value: Exclude<T, undefined>, words?: string): Flag<Exclude<T, undefined>> {
    return new Flag(this.option.default(value, words), this.required);
  }
}

/** `--json`: present or not. */
export function given(form: string, help: string): Flag<boolean | undefined> {
  return new Flag(new Option(form, help));
}

/** `--no-wait`: true unless it is present. */
export function unless(form: string, help: string): Flag<boolean> {
  return new Flag(new Option(form, help));
}

/** `--report <dir>`: one word. */
export function text(form: string, help: string): Flag<string | undefined> {
  return new Flag(new Option(form, help));
}

/** `--clients <client...>`: several words. */
export function texts(form: string, help: string): Flag<readonly string[] | undefined> {
  return new Flag(new Option(form, help));
}

/** One word that the verb requires. */
export function required(form: string, help: string): Flag<string> {
  return new Flag(new Option(form, help), true);
}

/** One of several fixed words. */
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

/** A time; the verb receives milliseconds. */
function duration(form: string, help: string): Flag<number | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string) => {
      const ms = parseDuration(written);
      if (ms === undefined || ms <= 0) throw new InvalidArgumentError('expected a time such as 500ms, 3s or 2m');
      return ms;
    }),
  );
}

/** Flags that several verbs share: each verb gets its own objects. */
export const common = {
  json: () => given('--json', 'print JSON'),
  allowOutside: () =>
    given('--allow-outside', 'allow files from outside the lab’s folder; use it only for labs that you trust'),
  dpvs: () => text('--dpvs <dir>', 'the bin folder of your own build of DPVS (default: $LAB_DPVS, or /opt/dpvs/bin)'),
  timeout: () => duration('--timeout <time>', 'time limit for nodes to come up').standard(60_000, '60s'),
  /** The options of a lab beside its file. */
  lab: () => ({
    name: text('--name <name>', 'run it under another name, as a second copy'),
    kernel: choice('--kernel <kernel>', 'kernel for the nodes that need their own', KERNEL_CHOICES),
    driver: choice('--driver <driver>', 'load balancer for directors without `driver:`', DRIVERS),
    dpvs: common.dpvs(),
  }),
};

/** A positional argument of a verb as its help shows it; its type is the type of the value that the verb receives. */
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

/** `[node]`: one word or none. */
export function maybe(form: string, help: string): Argument<string | undefined> {
  return new Argument(form, help);
}

/** `<labs...>`: several words. */
export function several(form: string, help: string): Argument<readonly string[]> {
  return new Argument(form, help);
}

type Flags = Readonly<Record<string, Flag<unknown>>>;
type Arguments = Readonly<Record<string, Argument<unknown>>>;

/** What a verb receives: optional values may be absent. */
type Gives<T extends Readonly<Record<string, { readonly gives: unknown }>>> = {
  readonly [K in keyof T as undefined extends T[K]['gives'] ? never : K]: T[K]['gives'];
} & { readonly [K in keyof T as undefined extends T[K]['gives'] ? K : never]?: Exclude<T[K]['gives'], undefined> };

/** A verb of the command line: its arguments, its help text, and its work. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly arguments: Arguments;
  readonly flags: Flags;
  /** Everything after its arguments belongs to the last argument, including what looks like a flag. */
  readonly passThrough: boolean;
  readonly examples: readonly string[];
  /**
   * Runs the verb and returns the exit code. It imports its work only here: `--help` must not wait for the engine's
   * library.
   */
  run(args: Readonly<Record<string, unknown>>, options: Readonly<Record<string, unknown>>): Promise<number>;
}

/** Declares a verb; its `run` receives the values of its arguments and flags by their names. */
export function verb<A extends Arguments, F extends Flags>(declared: {
  readonly name: string;
  readonly summary: string;
  readonly arguments: A;
  readonly flags: F;
  readonly passThrough?: boolean;
  readonly examples: readonly string[];
  run(args: Gives<A>, options: Gives<F>): Promise<number>;
}): Verb {
  // Commander's values have the names and types of the declarations; a test proves this.
  return { passThrough: false, ...declared } as unknown as Verb;
}
