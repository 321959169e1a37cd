import type { Step } from '../model/step.ts';
import { STEPS } from '../model/words.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';
import { stepWords } from './steps/index.ts';
import type { Known } from './steps/step-word.ts';

type RawStep = NonNullable<RawLab['scenario']>[number];

/** Resolves the scenario: the one of the file, or the contract of everything in it. */
export function resolveSteps(r: Resolver, known: Known): readonly Step[] {
  const all = [...known.services, ...known.snat].map((s): RawStep => ({ contract: s.name }));
  return (r.raw.scenario ?? all).flatMap((step, i) => resolveStep(r, known, step, ['scenario', i]) ?? []);
}

function resolveStep(r: Resolver, known: Known, step: RawStep, at: Path): Step | undefined {
  const word = STEPS.find((w) => step[w] !== undefined);
  if (word === undefined) return undefined;
  const resolve = stepWords[word].resolve as (r: Resolver, known: Known, raw: unknown, path: Path) => Step | undefined;
  const resolved = resolve(r, known, step[word], [...at, word]);
  return resolved && step.covers !== undefined ? { ...resolved, covers: [step.covers].flat() } : resolved;
}
