import { Failure } from './failure.ts';

/** Something that could not be looked at, or done: what depends on it is inconclusive, never passed and never failed. */
export class CannotObserve extends Failure<'not-observed'> {
  constructor(message: string, hint?: string) {
    super('not-observed', { what: message, hint });
  }
}

/** The same, because this machine was too busy to look in time: another run may tell. */
export class Outpaced extends CannotObserve {}
