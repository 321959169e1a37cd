import type { FaultKind } from '../model/words.ts';
import type { FaultStory } from './fault.ts';
import { cut } from './kinds/cut.ts';
import { deaf } from './kinds/deaf.ts';
import { delay } from './kinds/delay.ts';
import { drain } from './kinds/drain.ts';
import { duplicate } from './kinds/duplicate.ts';
import { flap } from './kinds/flap.ts';
import { halfopen } from './kinds/halfopen.ts';
import { hang } from './kinds/hang.ts';
import { kill } from './kinds/kill.ts';
import { loss } from './kinds/loss.ts';
import { mute } from './kinds/mute.ts';
import { partition } from './kinds/partition.ts';
import { pause } from './kinds/pause.ts';
import { poison } from './kinds/poison.ts';
import { rate } from './kinds/rate.ts';
import { reload } from './kinds/reload.ts';
import { reset } from './kinds/reset.ts';
import { slow } from './kinds/slow.ts';
import { starve } from './kinds/starve.ts';
import { stop } from './kinds/stop.ts';
import { withdraw } from './kinds/withdraw.ts';

/** All kinds of faults. */
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
  reload,
  slow,
  reset,
  halfopen,
};
