import type { Director } from '../import/conf.ts';
import type { Place } from '../import/told.ts';
import type { Path } from '../lab/source.ts';
import type { Lab } from '../model/lab.ts';
import type { AdviceId } from '../model/words.ts';

/** What rules look at. */
export interface Subject {
  readonly lab: Lab;
  /** What the keepalived.conf of the user's own says, of each director that has one. */
  readonly confs: ReadonlyMap<string, Director>;
}

/** Where a finding is: in the lab file, or on a line of a keepalived.conf. */
export type At = { readonly path: Path; readonly where: 'key' | 'value' } | { readonly place: Place };

/** Something that a rule has found. */
export interface Finding {
  readonly at: At;
  /** What is so in this lab, and what follows from it. */
  readonly message: string;
}

/** A piece of advice: something that is valid, but hardly what the author of a lab wants. */
export interface Rule {
  readonly id: AdviceId;
  /** What it speaks of, as a heading. */
  readonly title: string;
  /** Why it matters, with the source of the fact. */
  readonly why: string;
  /** What to do instead. */
  readonly instead: string;
  find(subject: Subject): readonly Finding[];
}

/** Returns the place of a key in the lab file. */
export function keyAt(...path: Path): At {
  return { path, where: 'key' };
}

/** Returns the place of a value in the lab file. */
export function valueAt(...path: Path): At {
  return { path, where: 'value' };
}
