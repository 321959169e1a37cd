import { Failure } from './failure.ts';

/** Something that could not be looked at, or done: what depends on it is inconclusive, never passed and never failed. */
export class CannotObserve extends Failure {
  constructor(message: string, hint?: string) {
    super('environment', message, hint);
  }
}

/** The same, because this machine was too busy to look in time: another run may tell. */
export class Outpaced extends CannotObserve {}
