import { InvalidArgumentError, Option } from 'commander';
import { DRIVERS, KERNEL_CHOICES } from '../model/words.ts';
import { parseDuration } from '../net/duration.ts';
import { parseShard, type Shard } from '../report/shards.ts';

/** What a shell offers for a word: a flag's value or an argument. */
export type Completes =
  | 'lab'
  | 'running lab'
  | 'lab or running lab'
  | 'node'
  | 'place'
  | 'fault'
  | 'service'
  | 'client'
  | 'command'
  | 'file'
  | 'folder'
  | 'nothing';

/** A flag with its syntax and help text; its type is the type of the value that a verb receives. */
export class Flag<T> {
  readonly option: Option;
  readonly required: boolean;
  readonly completes: Completes;
  /** Holds the type; there is no value. */
  declare readonly gives: T;

  constructor(option: Option, required = false, completes: Completes = 'nothing') {
    this.option = option;
    this.required = required;
    this.completes = completes;
  }

  /** Returns the same flag with a default value, which the help shows as `words`. */
  standard(value: Exclude<T, undefined>, words?: string): Flag<Exclude<T, undefined>> {
    return new Flag(this.option.default(value, words), this.required, this.completes);
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
export function text(form: string, help: string, completes?: Completes): Flag<string | undefined> {
  return new Flag(new Option(form, help), false, completes);
}

/** `--clients <client...>`: several words. */
export function texts(form: string, help: string, completes?: Completes): Flag<readonly string[] | undefined> {
  return new Flag(new Option(form, help), false, completes);
}

/** One word that the verb requires. */
export function required(form: string, help: string, completes?: Completes): Flag<string> {
  return new Flag(new Option(form, help), true, completes);
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

/** A whole number, 1 or more. */
export function positive(form: string, help: string): Flag<number | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string) => {
      const n = Number(written);
      if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('expected a whole number, 1 or more');
      return n;
    }),
  );
}

/** A regular expression in which upper and lower case are the same. */
export function pattern(form: string, help: string): Flag<RegExp | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string) => {
      try {
        return new RegExp(written, 'i');
      } catch (error) {
        throw new InvalidArgumentError(`expected a regular expression: ${(error as Error).message}`);
      }
    }),
  );
}

/** A part of several: `2/8`. */
export function part(form: string, help: string): Flag<Shard | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string) => {
      const shard = parseShard(written);
      if (!shard) throw new InvalidArgumentError('expected a part of all, such as 1/4: from 1/4 to 4/4');
      return shard;
    }),
  );
}

/** A flag that may be repeated, read word by word; `read` returns what was expected instead of a word, in words. */
export function repeated<T>(
  form: string,
  help: string,
  read: (written: string) => T | string,
): Flag<readonly T[] | undefined> {
  return new Flag(
    new Option(form, help).argParser((written: string, before: readonly T[] | undefined) => {
      const value = read(written);
      if (typeof value === 'string') throw new InvalidArgumentError(value);
      return [...(before ?? []), value];
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
  dpvs: () =>
    text(
      '--dpvs <dir|image>',
      'your own build of DPVS: its bin folder, or an image of the engine that has it (default: $LAB_DPVS, or /opt/dpvs/bin)',
      'folder',
    ),
  timeout: () => duration('--timeout <time>', 'time limit for nodes to come up').standard(60_000, '60s'),
  /** The options of a lab beside its file. */
  lab: () => ({
    name: text('--name <name>', 'run it under another name, as a second copy'),
    kernel: choice('--kernel <kernel>', 'kernel for the nodes that need their own', KERNEL_CHOICES),
    driver: choice('--driver <driver>', 'load balancer for directors without `driver:`', DRIVERS),
    dpvs: common.dpvs(),
    keepalived: text(
      '--keepalived <file>',
      'your own build of keepalived, for directors of kernel LVS (default: $LAB_KEEPALIVED)',
      'file',
    ),
    qemu: text(
      '--qemu <version|dir>',
      'kernel of nodes with `kernel: qemu`: 5.10, 6.1 or 6.12 of Debian, or a folder with your own bzImage and lib/modules (default: $LAB_QEMU, or 6.12)',
      'folder',
    ),
    frr: text('--frr <dir>', 'your own build of FRR, for nodes that run OSPF or BGP (default: $LAB_FRR)', 'folder'),
  }),
};

/** A positional argument of a verb as its help shows it; its type is the type of the value that the verb receives. */
export class Argument<T> {
  readonly form: string;
  readonly help: string;
  readonly completes: Completes;
  declare readonly gives: T;

  constructor(form: string, help: string, completes: Completes = 'nothing') {
    this.form = form;
    this.help = help;
    this.completes = completes;
  }
}

/** `<lab>`: one word. */
export function one(form: string, help: string, completes?: Completes): Argument<string> {
  return new Argument(form, help, completes);
}

/** `[node]`: one word or none. */
export function maybe(form: string, help: string, completes?: Completes): Argument<string | undefined> {
  return new Argument(form, help, completes);
}

/** `<labs...>`: several words. */
export function several(form: string, help: string, completes?: Completes): Argument<readonly string[]> {
  return new Argument(form, help, completes);
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
  /** Paragraphs of the help below its flags. */
  readonly notes: readonly string[];
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
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  run(args: Gives<A>, options: Gives<F>): Promise<number>;
}): Verb {
  // Commander's values have the names and types of the declarations; a test proves this.
  return { passThrough: false, notes: [], ...declared } as unknown as Verb;
}
