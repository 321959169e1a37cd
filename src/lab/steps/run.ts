import type { z } from 'zod';
import type { Step } from '../../model/step.ts';
import type { Resolver } from '../resolver.ts';
import type { Path } from '../source.ts';
import { expectation, runShape } from './expectation.ts';
import type { Known } from './step-word.ts';

export const shape = runShape;

/** A command is a check with one expectation. */
export function resolve(r: Resolver, known: Known, raw: z.infer<typeof shape>, path: Path): Step | undefined {
  const expect = expectation(r, known, { run: raw }, path.slice(0, -1));
  return expect && { kind: 'check', expect };
}
