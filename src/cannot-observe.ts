import { Failure } from './failure.ts';

/** Something could not be observed, or done: a check that depends on it is inconclusive, never passed or failed. */
export class CannotObserve extends Failure<'not-observed'> {
  constructor(message: string, hint?: string) {
    super('not-observed', { what: message, hint });
  }
}

/** The observation failed because this machine was too busy to look in time: a re-run may reach a verdict. */
export class Outpaced extends CannotObserve {}
