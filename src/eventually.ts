import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Milliseconds until it gives up. */
  readonly within: number;
  /** Milliseconds between two looks. */
  readonly every: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at once, and again until the condition holds or the deadline has passed. Returns the result of the condition,
 * or undefined at the deadline. Throws when aborted.
 */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  options: EventuallyOptions,
): Promise<T | undefined> {
  const deadline = performance.now() + options.within;
  for (;;) {
    options.signal?.throwIfAborted();
    const value = await look();
    if (value !== undefined) return value;
    const left = deadline - performance.now();
    if (left <= 0) return undefined;
    await delay(Math.min(options.every, left), undefined, options.signal ? { signal: options.signal } : {});
  }
}
