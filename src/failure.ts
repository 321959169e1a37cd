import { unreachable } from './result.ts';

/** Exit codes of `lab`, as the design has them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, environment: 3, interrupted: 130 } as const;

/**
 * Why a command could not do its work, other than a finding about the lab. Thrown by what has
 * effects, caught once in cli.ts, and always told to the user in these words.
 */
export class Failure extends Error {
  override readonly name = 'Failure';

  /** `usage`: the user can mend it in the command or the file; `environment`: the machine cannot. */
  readonly reason: 'usage' | 'environment' | 'interrupted' | 'failed';
  /** What to do about it, one line. */
  readonly hint: string | undefined;

  constructor(reason: Failure['reason'], message: string, hint?: string) {
    super(message);
    this.reason = reason;
    this.hint = hint;
  }

  /** The process's exit code for this failure. */
  get exitCode(): number {
    switch (this.reason) {
      case 'usage':
        return EXIT.usage;
      case 'environment':
        return EXIT.environment;
      case 'interrupted':
        return EXIT.interrupted;
      case 'failed':
        return EXIT.failed;
      default:
        return unreachable(this.reason);
    }
  }
}
