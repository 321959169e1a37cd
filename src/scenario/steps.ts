import type { Step } from '../model/step.ts';
import { arp } from './arp.ts';
import { check } from './check-step.ts';
import { contract } from './contract.ts';
import { cut } from './cut.ts';
import { fault } from './fault.ts';
import { health } from './health.ts';
import { persistence } from './persistence.ts';
import { snat } from './snat.ts';
import type { StepOf, StepStory } from './step.ts';

/** Every kind of step. */
const steps: { readonly [K in Step['kind']]: StepStory<StepOf<K>> } = {
  contract,
  snat,
  health,
  fault,
  check,
  persistence,
  arp,
  cut,
};

/** Returns the kind of a step. */
export function storyOf(step: Step): StepStory {
  return steps[step.kind];
}
