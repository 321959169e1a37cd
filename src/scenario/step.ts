import type { Promised } from '../checks/check.ts';
import type { Lab } from '../model/lab.ts';
import type { Step } from '../model/step.ts';
import type { StepContext } from './context.ts';

/** A step of a kind. */
export type StepOf<K extends Step['kind']> = Extract<Step, { readonly kind: K }>;

/** A kind of step: what it is called, what it will tell of, and how it runs. */
export interface StepStory<S extends Step = Step> {
  /** Whether it has time limits: then stalls are watched. */
  readonly timed: boolean;
  /** The step as an obligation, in the words of a report. */
  title(lab: Lab, step: S): string;
  /** What it will tell of, in the order in which it does: the same in every run, whatever happens. */
  promises(lab: Lab, step: S): readonly Promised[];
  run(context: StepContext, step: S): Promise<void>;
}
