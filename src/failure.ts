import { type Ending, type Facts, type FailureReason, failureWords } from './failure-words.ts';

/** Exit codes of `lab`. */
export const EXIT = { ok: 0, failed: 1, usage: 2, environment: 3, interrupted: 130 } as const satisfies Record<
  'ok' | Ending,
  number
>;

/**
 * The reason why a command could not do its work, as a value: code that has effects throws it; cli.ts catches it once
 * and shows its message, which is in failure-words.ts.
 */
export class Failure<R extends FailureReason = FailureReason> extends Error {
  override readonly name = 'Failure';
  readonly reason: R;
  readonly facts: Facts<R>;
  /**
   * How the command ends: `usage`: the user can correct the command or the file; `environment`: the machine is the
   * cause.
   */
  readonly ending: Ending;
  /** What to do about it, in one line. */
  readonly hint: string | undefined;

  constructor(reason: R, facts: Facts<R>) {
    const { ending, message, hint } = failureWords(reason, facts);
    super(message);
    this.reason = reason;
    this.facts = facts;
    this.ending = ending;
    this.hint = hint;
  }

  /** The process's exit code for this failure. */
  get exitCode(): number {
    return EXIT[this.ending];
  }
}
