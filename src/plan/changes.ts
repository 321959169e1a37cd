import { setMaxListeners } from 'node:events';
import { CannotObserve } from '../cannot-observe.ts';
import { Failure } from '../failure.ts';
import type { Hand } from './hand.ts';
import { type Change, lineOf, note, strike, wordsOf } from './journal.ts';

/** Milliseconds for a change in progress to end after the run is aborted. */
export const SETTLE_MS = 15_000;
/** Milliseconds to undo one change; after an abort, to undo all of them. */
export const UNDO_MS = 60_000;

/** A change, and how this process undoes it. An abort does not end the hand that it receives. */
export interface Undoable {
  readonly change: Change;
  readonly undo: (hand: Hand) => Promise<unknown>;
}

/**
 * Returns the failure of a command that could not undo everything: it includes the reason why the command ended, with
 * that failure's exit code.
 */
export function notPutBack(lab: string, left: readonly string[], why?: unknown): Failure {
  if (why === undefined) return new Failure('not-undone', { lab, left });
  const message = why instanceof Error ? why.message : String(why);
  return new Failure('not-undone', {
    lab,
    left,
    beside: { message, ending: why instanceof Failure ? why.ending : 'environment' },
  });
}

/** Returns a change that a command in a node undoes; see Change. */
export function byCommand(what: string, node: string, command: readonly string[]): Undoable {
  return { change: { what, node, command: [...command] }, undo: (hand) => hand.run(node, command) };
}

/**
 * Owns the temporary changes in a running lab: each change is in the lab's journal before it is made, and until it is
 * undone. An abort of the run stops neither making nor undoing, but limits both: 15 s for changes in progress to end,
 * then `within` milliseconds to undo all changes.
 */
export class Changes {
  readonly #hand: Hand;
  readonly #within: number;
  readonly #gone: AbortSignal | undefined;
  /** Changes made by this process and not yet undone, the oldest first. */
  readonly #own = new Map<string, Undoable>();
  readonly #settle = new AbortController();
  readonly #late = new AbortController();

  /** `gone`: aborted when the lab is removed; after that, there is nothing to undo. */
  constructor(hand: Hand, within: number, gone?: AbortSignal) {
    this.#hand = hand;
    this.#within = within;
    this.#gone = gone;
    setMaxListeners(0, this.#settle.signal, this.#late.signal);
    const abort = () => {
      const late = (ms: number) => new CannotObserve(`it did not end within ${ms / 1000} s of the interruption`);
      setTimeout(() => this.#settle.abort(late(SETTLE_MS)), SETTLE_MS).unref();
      setTimeout(() => this.#late.abort(late(SETTLE_MS + within)), SETTLE_MS + within).unref();
    };
    if (hand.signal.aborted) abort();
    else hand.signal.addEventListener('abort', abort, { once: true });
  }

  /** Returns the changes that this process has made and not yet undone, in words. */
  get standing(): readonly string[] {
    return [...this.#own.values()].map(({ change }) => wordsOf(change));
  }

  /**
   * Makes changes after recording them in the journal; `work` receives the other active changes. If it fails, its
   * effects are undone at once; if that fails too, the changes stay in the journal.
   */
  async make<R>(changes: readonly Undoable[], work: (hand: Hand, beside: readonly Change[]) => Promise<R>): Promise<R> {
    this.#hand.signal.throwIfAborted();
    const hand = this.#hand.withSignal(this.#until(this.#settle.signal));
    const lines = changes.map((c) => lineOf(c.change));
    const all = await note(
      hand,
      changes.map((c) => c.change),
    );
    for (const each of changes) this.#own.set(lineOf(each.change), each);
    try {
      return await work(
        hand,
        all.filter((c) => !lines.includes(lineOf(c))),
      );
    } catch (error) {
      // The failure of `work` is the one to report.
      await this.undo(changes).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Undoes changes, the newest first, and removes them from the journal, including changes made by other processes.
   * Returns the result of each `undo`, in the order of `changes`. Throws CannotObserve for the first change that cannot
   * be undone.
   */
  async undo<R>(changes: readonly { change: Change; undo: (hand: Hand) => Promise<R> }[], more = 0): Promise<R[]> {
    const signal = this.#until(this.#late.signal, AbortSignal.timeout(this.#within + more));
    const hand = this.#hand.withSignal(signal);
    const done: { readonly change: Change; readonly gave: R }[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const { change, undo } of [...changes].reverse()) {
      try {
        done.unshift({ change, gave: await undo(hand) });
      } catch (error) {
        const late = signal.aborted && !this.#gone?.aborted;
        failure ??= { error: late ? new CannotObserve(`${wordsOf(change)} could not be undone in time`) : error };
      }
    }
    if (done.length > 0) {
      await strike(
        hand,
        done.map((d) => d.change),
      );
      for (const { change } of done) this.#own.delete(lineOf(change));
    }
    if (failure) throw failure.error;
    return done.map((d) => d.gave);
  }

  /** Makes changes for the duration of `work`, and always undoes them. */
  async during<T>(
    changes: readonly Undoable[],
    make: (hand: Hand) => Promise<unknown>,
    work: () => Promise<T>,
  ): Promise<T> {
    if (changes.length === 0) return work();
    await this.make(changes, make);
    try {
      return await work();
    } finally {
      await this.undo(changes);
    }
  }

  /**
   * Undoes every change that this process made and that is still active. Returns what could not be undone, with the
   * reason.
   */
  async undoAll(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const each of [...this.#own.values()].reverse()) {
      if (this.#gone?.aborted) return [];
      await this.undo([each]).catch((error: unknown) => {
        left.unshift(`${wordsOf(each.change)} (${error instanceof Error ? error.message : String(error)})`);
      });
    }
    return this.#gone?.aborted ? [] : left;
  }

  #until(...signals: readonly AbortSignal[]): AbortSignal {
    const any = AbortSignal.any(this.#gone ? [...signals, this.#gone] : [...signals]);
    setMaxListeners(0, any);
    return any;
  }
}
