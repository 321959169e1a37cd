import { z } from 'zod';
import { STEPS, type StepWord } from '../model/words.ts';
import { freeName, mapping, oneOrMore } from './schema-words.ts';
import { stepWords } from './steps/index.ts';

type Shapes = { readonly [K in StepWord]: z.ZodOptional<(typeof stepWords)[K]['shape']> };

/** A step of a scenario: an object with one word, and what it shows. */
export const step = z
  .strictObject(
    {
      ...(Object.fromEntries(STEPS.map((word) => [word, stepWords[word].shape.optional()])) as unknown as Shapes),
      covers: oneOrMore(
        freeName('An item'),
        'a name',
        'What the step shows, by names of your own: the items of a checklist',
      ).optional(),
    },
    mapping(`a step: one of ${STEPS.join(', ')}`),
  )
  .refine((s) => STEPS.filter((word) => s[word] !== undefined).length === 1, {
    error: `expected exactly one of ${STEPS.join(', ')}`,
  })
  .meta({ description: 'One step; steps run in order' });
