import type { Image } from '../engine/images.ts';
import type { Need } from '../model/words.ts';
import { script } from '../shell.ts';
import type { Tried } from './kernel.ts';

/** What a need means, in words, and the script that uses it. */
const USED: Readonly<Record<Need, { readonly words: string; readonly script: string }>> = {
  netfilter: { words: 'iptables and nftables', script: script('try-netfilter')[0] },
  sctp: { words: 'SCTP', script: script('try-sctp')[0] },
};

/** Returns what is tried on a kernel for a driver, if there is one, together with needs of a node. */
export function needed(driver: Tried | undefined, needs: readonly Need[], image: () => Image): Tried {
  const all = [...new Set(needs)].sort();
  if (driver && all.length === 0) return driver;
  const words = all.map((need) => USED[need].words).join(', ');
  return {
    name: [...(driver ? [driver.name] : []), ...all].join('+'),
    trial: {
      modules: driver?.trial.modules ?? [],
      scripts: [...(driver?.trial.scripts ?? []), ...all.map((need) => USED[need].script)],
      works: [...(driver ? [driver.trial.works] : []), `${words} work on it`].join('; '),
      wanted: [...(driver ? [driver.trial.wanted] : []), `a kernel with ${words} is needed`].join('; '),
    },
    needs: driver?.needs ?? { memoryMb: 0, devices: [] },
    image: driver ? () => driver.image() : image,
  };
}
