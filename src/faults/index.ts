import type { FaultKind } from '../model/words.ts';
import type { FaultStory } from './fault.ts';
import { halfopen, reset } from './filter.ts';
import { pause, starve } from './node.ts';
import { hang, kill, stop } from './program.ts';
import { withdraw } from './routing.ts';
import { drain, poison, slow } from './server.ts';
import { delay, duplicate, rate } from './shape.ts';
import { cut, deaf, flap, loss, mute, partition } from './wires.ts';

/** Every fault there is. */
export const faults: Readonly<Record<FaultKind, FaultStory>> = {
  kill,
  stop,
  hang,
  pause,
  starve,
  cut,
  mute,
  deaf,
  flap,
  partition,
  loss,
  duplicate,
  delay,
  rate,
  poison,
  drain,
  withdraw,
  slow,
  reset,
  halfopen,
};
