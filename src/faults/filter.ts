import type { Fault } from '../model/fault.ts';
import type { FaultKind } from '../model/words.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { script } from '../shell.ts';
import type { FaultStory, Stamp } from './fault.ts';
import { places } from './server.ts';

/** What becomes of segments that reach a real server's ports: all are refused, or those with payload dropped. */
type What = 'reset' | 'silence';

/** Takes segments away from a real server's ports, in its own kernel, and looks that it is so. */
async function filter(hand: Hand, { kind, node, text }: Fault, what: What): Promise<Stamp> {
  const ports = [...new Set(places(hand.lab, node).map(({ real }) => String(real.port)))];
  const by = (how: 'nft' | 'tc') => hand.tryTimed(node, script('filter', how, nameOf(kind), what, ...ports));
  const nft = await by('nft');
  if (nft.code === 0) return nft.at;
  const tc = await by('tc');
  if (tc.code !== 0)
    throw new CannotObserve(
      `the kernel of ${node} can filter by nftables (${firstLine(nft.stderr)}) no more than by traffic control (${firstLine(tc.stderr)}): no ${text}`,
    );
  return tc.at;
}

async function unfilter(hand: Hand, { kind, node }: Fault): Promise<Stamp> {
  return (await hand.timed(node, script('filter', 'lift', nameOf(kind)))).at;
}

function nameOf(kind: FaultKind): string {
  return `fault_${kind}`;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/** Connections to the real server are refused, and those that are open are reset. */
export const reset: FaultStory = {
  aim: 'server',
  summary: 'the real server refuses and resets every connection',
  words: ({ node }) => [`${node} resets connections`, `${node} takes connections`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'refuses',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject: (hand, f) => filter(hand, f, 'reset'),
  heal: unfilter,
};

/** Connections to the real server open, and nothing that they carry arrives. */
export const halfopen: FaultStory = {
  aim: 'server',
  summary: 'connections to the real server open, and nothing that is sent on them arrives',
  words: ({ node }) => [`${node} takes connections and hears nothing`, `${node} hears`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'accepts',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject: (hand, f) => filter(hand, f, 'silence'),
  heal: unfilter,
};
