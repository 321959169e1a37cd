import { Failure } from '../failure.ts';
import type { Facts, FailureReason, Owner } from '../failure-words.ts';

/**
 * An error answer of the engine, in words of what it means for the lab: mostly, that a container is gone or has ended.
 */
export class Refusal<R extends FailureReason = FailureReason> extends Failure<R> {
  /** The HTTP status: 404 not found, 409 not in the right state. */
  readonly status: number;

  constructor(status: number, reason: R, facts: Facts<R>) {
    super(reason, facts);
    this.status = status;
  }
}

/**
 * The error message of the engine's client: `(HTTP code 409) container stopped/paused - Container ID is not running`.
 */
const ANSWER = /^\(HTTP code \d+\) (.*?) - (.*)$/s;

/** Returns the Refusal for an answer with a status and text, about a container of `owner` or about none. */
export function refusal(status: number, text: string, owner?: Owner): Refusal {
  const [, kind = '', words = text] = ANSWER.exec(text) ?? [];
  const said = words.trim() || kind.trim() || 'no reason given';
  const state = owner && stateBy(status, said);
  if (owner && state) return new Refusal(status, `container-${state}`, { owner });
  return new Refusal(status, 'engine-refuses', { status, said, owner });
}

/** Returns the state of a container according to an answer about it. Covers the words of Docker and podman. */
function stateBy(status: number, said: string): 'paused' | 'going' | 'gone' | 'ended' | undefined {
  if (/\bis paused\b/i.test(said)) return 'paused';
  if (/marked for removal|removal .*in progress|being removed/i.test(said)) return 'going';
  if (status === 404 && /no such (container|exec)|no container with/i.test(said)) return 'gone';
  if (status === 409 && /is not running|not running|stopped|can only create exec sessions on running/i.test(said))
    return 'ended';
  return undefined;
}

/** Returns whether an error is a Refusal with one of these HTTP statuses. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof Refusal && statuses.includes(error.status);
}
