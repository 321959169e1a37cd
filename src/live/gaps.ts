import { formatMs } from '../net/duration.ts';
import type { Sample } from '../scenario/outage.ts';

/** Lost connections in a row after which a gap is told of, and answered ones after which it is over. */
const LOST = 2;
const ANSWERED = 3;

/** Finds gaps in what a client gets, as they begin and end: from the start of the first lost connection to that of the next answered one. */
export class Gaps {
  readonly #client: string;
  #lost = 0;
  #answered = 0;
  #since: number | undefined;
  #again = 0;
  #told = false;

  constructor(client: string) {
    this.#client = client;
  }

  /** Takes the next sample of a new connection; returns what it shows, if anything. Times in microseconds. */
  next({ at, ok }: Pick<Sample, 'at' | 'ok'>): { readonly at: number; readonly text: string } | undefined {
    if (!ok) {
      this.#answered = 0;
      this.#since ??= at;
      if (++this.#lost < LOST || this.#told) return undefined;
      this.#told = true;
      return { at: this.#since, text: `${this.#client} gets no answer` };
    }
    if (this.#since === undefined || at < this.#since) return undefined;
    if (this.#answered++ === 0) this.#again = at;
    if (this.#answered < ANSWERED) return undefined;
    const lost = this.#lost;
    const gap = this.#again - this.#since;
    const told = this.#told;
    this.#lost = 0;
    this.#since = undefined;
    this.#told = false;
    this.#answered = 0;
    if (!told) return undefined;
    return { at: this.#again, text: `${this.#client} is answered again: ${lost} lost in ${formatMs(gap / 1000)}` };
  }
}
