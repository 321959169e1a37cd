/** Passes on what is sent to everybody who listens at that time, to each at its own pace. */
export class Channel<T> {
  readonly #listeners = new Set<(value: T | undefined) => void>();
  #ended = false;

  constructor(always?: (value: T) => void) {
    if (always) this.#listeners.add((value) => (value === undefined ? undefined : always(value)));
  }

  readonly send = (value: T): void => {
    for (const tell of this.#listeners) tell(value);
  };

  /** Ends what listeners hear; what was sent before is still heard. */
  end(): void {
    this.#ended = true;
    for (const tell of this.#listeners) tell(undefined);
  }

  /** Listens from now on, until the end, or until the iterator is left. */
  listen(): AsyncIterableIterator<T> {
    const waiting: (T | undefined)[] = this.#ended ? [undefined] : [];
    let wake: () => void = () => undefined;
    const tell = (value: T | undefined) => {
      waiting.push(value);
      wake();
    };
    this.#listeners.add(tell);
    const leave = () => this.#listeners.delete(tell);
    return (async function* heard() {
      try {
        for (;;) {
          while (waiting.length > 0) {
            const value = waiting.shift();
            if (value === undefined) return;
            yield value;
          }
          await new Promise<void>((woken) => {
            wake = woken;
          });
        }
      } finally {
        leave();
      }
    })();
  }
}
