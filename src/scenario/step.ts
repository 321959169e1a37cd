import type { Promised } from '../checks/check.ts';
import type { Lab } from '../model/lab.ts';
import type { Step } from '../model/step.ts';
import type { StepContext } from './context.ts';

/** A step of one kind. */
export type StepOf<K extends Step['kind']> = Extract<Step, { readonly kind: K }>;

/** A kind of step: its title, the promises that it will report, and how it runs. */
export interface StepStory<S extends Step = Step> {
  /** Whether it has time limits: stalls are then watched. */
  readonly timed: boolean;
  /** Returns the step as an obligation, for a report. */
  title(lab: Lab, step: S): string;
  /** Returns the promises that it will report, in this order: the same in every run, whatever happens. */
  promises(lab: Lab, step: S): readonly Promised[];
  run(context: StepContext, step: S): Promise<void>;
}
