import { setMaxListeners } from 'node:events';
import { CannotObserve } from '../cannot-observe.ts';
import { Failure } from '../failure.ts';
import type { Hand } from './hand.ts';
import { type Change, lineOf, note, strike, wordsOf } from './journal.ts';

/** Milliseconds that a change which is being made has to come to its end once the run is aborted. */
export const SETTLE_MS = 15_000;
/** Milliseconds to put back one change; once the run is aborted, all of them. */
export const UNDO_MS = 60_000;

/** A change, and how this process puts it back. The hand is one that an abort does not end. */
export interface Undoable {
  readonly change: Change;
  readonly undo: (hand: Hand) => Promise<unknown>;
}

/** What ends a command that could not put back everything: beside why it ended anyway, and with that one's exit code. */
export function notPutBack(lab: string, left: readonly string[], why?: unknown): Failure {
  if (why === undefined) return new Failure('not-undone', { lab, left });
  const message = why instanceof Error ? why.message : String(why);
  return new Failure('not-undone', {
    lab,
    left,
    beside: { message, ending: why instanceof Failure ? why.ending : 'environment' },
  });
}

/** A change that a command in a node puts back; see Change. */
export function byCommand(what: string, node: string, command: readonly string[]): Undoable {
  return { change: { what, node, command: [...command] }, undo: (hand) => hand.run(node, command) };
}

/**
 * Owns what is changed in a running lab for a while: each change stands in the lab's journal before it is made, and
 * until it is put back. An abort of the run ends neither the making nor the putting back, but sets both a time: 15 s
 * for what is being made to end, then `within` milliseconds for all that is put back.
 */
export class Changes {
  readonly #hand: Hand;
  readonly #within: number;
  readonly #gone: AbortSignal | undefined;
  /** Made by this process and not put back, the oldest first. */
  readonly #own = new Map<string, Undoable>();
  readonly #settle = new AbortController();
  readonly #late = new AbortController();

  /** `gone`: aborted once the lab is removed, after which there is nothing to put back. */
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

  /** What this process changed and has not put back, in words. */
  get standing(): readonly string[] {
    return [...this.#own.values()].map(({ change }) => wordsOf(change));
  }

  /**
   * Makes changes, once they are written down; `work` gets what else stands. When it fails, what came about is put
   * back at once; where that fails too, it stays written down.
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
      // That it failed is what there is to tell.
      await this.undo(changes).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Puts changes back, the newest first, and strikes them off, also such as somebody else has made. Returns what each
   * `undo` gave, in the order of `changes`. Throws CannotObserve with the first that cannot be put back.
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

  /** Makes changes for as long as `work` takes, and puts them back, whatever becomes of it. */
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

  /** Undoes every change that this process made and that is still active. Returns what could not be undone, with the reason. */
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
