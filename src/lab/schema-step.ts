import { z } from 'zod';
import { STEPS, type StepWord } from '../model/words.ts';
import { mapping } from './schema-words.ts';
import { stepWords } from './steps/index.ts';

type Shapes = { readonly [K in StepWord]: z.ZodOptional<(typeof stepWords)[K]['shape']> };

/** A step of a scenario: an object with one key. */
export const step = z
  .strictObject(
    Object.fromEntries(STEPS.map((word) => [word, stepWords[word].shape.optional()])) as unknown as Shapes,
    mapping(`a step: one of ${STEPS.join(', ')}`),
  )
  .refine((s) => Object.keys(s).length === 1, { error: `expected exactly one of ${STEPS.join(', ')}` })
  .meta({ description: 'One step; steps run in order' });
