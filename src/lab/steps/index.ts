import type { z } from 'zod';
import type { StepWord } from '../../model/words.ts';
import * as arp from './arp.ts';
import * as check from './check.ts';
import * as contract from './contract.ts';
import * as cut from './cut.ts';
import * as failover from './failover.ts';
import * as fault from './fault.ts';
import * as health from './health.ts';
import * as persistence from './persistence.ts';
import * as run from './run.ts';
import type { StepWordOf } from './step-word.ts';

/** Every word of a scenario, in the order of the reference. */
export const stepWords = { contract, health, failover, fault, check, persistence, run, arp, cut } satisfies {
  readonly [K in StepWord]: StepWordOf<z.ZodType>;
};
