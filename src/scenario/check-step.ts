import { promisedBy } from '../checks/check.ts';
import { expectationCheck, expectationWords } from './expect.ts';
import type { StepOf, StepStory } from './step.ts';

/** A step that checks an expectation, without a fault. */
export const check: StepStory<StepOf<'check'>> = {
  timed: true,
  title: (lab, { expect }) => expectationWords(lab, expect),
  promises: (lab, { expect }) => [promisedBy(expectationCheck(lab, expect, ''))],
  async run(context, { expect }) {
    const { lab } = context.bed;
    context.wait(expectationWords(lab, expect));
    await context.check([expectationCheck(lab, expect, context.slug)]);
  },
};
