import type { Fault } from '../model/fault.ts';
import { nodeOf } from '../model/lookup.ts';
import type { Interface } from '../model/node.ts';
import type { FaultKind } from '../model/words.ts';
import { parseDuration } from '../net/duration.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { shell } from '../shell.ts';
import type { Amount, FaultStory, Stamp } from './fault.ts';
import { putHop, takeHop } from './hop.ts';
import { isShare } from './node.ts';

/** What netem (tc-netem(8)) is told for each kind. */
const NETEM: Partial<Record<FaultKind, (amount: string) => string>> = {
  duplicate: (a) => `duplicate ${a}`,
  delay: (a) => `delay ${parseDuration(a)}ms`,
  rate: (a) => `rate ${a}`,
};

/** What netem is told where several faults shape one wire: the newest of each kind counts. Empty when none does. */
export function netemOf(faults: readonly Fault[], node: string, segment: string): string {
  const own = faults.filter((f) => f.node === node && f.segments.includes(segment));
  const words = Object.entries(NETEM).flatMap(([kind, line]) => {
    const amount = own.findLast((f) => f.kind === kind)?.amount;
    return amount === undefined ? [] : [line(amount)];
  });
  return words.length > 0 ? `netem limit 10000 ${words.join(' ')}` : '';
}

/** Shapes what a node sends by all faults that are to stand, on the wires of one of them. */
async function shape(hand: Hand, { node: name, segments }: Fault, faults: readonly Fault[]): Promise<Stamp> {
  const at = await hand.now();
  const node = nodeOf(hand.lab, name);
  for (const card of node.interfaces.filter((i) => segments.includes(i.segment))) {
    const netem = netemOf(faults, name, card.segment);
    const own = await shapeInside(hand, name, card, netem);
    // A node's own kernel has netem; the engine's may lack it.
    if (netem !== '' && !own) await putHop(hand, node, card, netem);
    else await takeHop(hand, node, card);
  }
  return at;
}

/** In the node's own network stack. Returns whether it can. */
async function shapeInside(hand: Hand, node: string, { name }: Interface, netem: string): Promise<boolean> {
  if (netem === '') {
    await hand.run(node, shell('tc qdisc del dev $1 root 2> /dev/null || true', name));
    return true;
  }
  const put = shell('modprobe -q sch_netem || true; tc qdisc replace dev $1 root $2', name, netem);
  if ((await hand.tryRun(node, put)).code !== 0) return false;
  const shown = await hand.run(node, ['tc', 'qdisc', 'show', 'dev', name]);
  if (!shown.includes('netem')) throw new CannotObserve(`${name} of ${node} does not show netem`);
  return true;
}

function shaping(summary: string, amount: Amount, word: string): FaultStory {
  return {
    aim: 'wires',
    amount,
    summary,
    words: (f) => [
      `what ${f.node} sends on ${f.segments.join(' and ')} ${word.replace('%', f.amount ?? '')}`,
      `what ${f.node} sends on ${f.segments.join(' and ')} goes as it is`,
    ],
    adverts: () => 'go on',
    routing: () => 'stays',
    serving: () => 'open',
    sparesBackup: false,
    returnsUnaware: () => false,
    node: () => 'runs',
    inject: (hand, f, beside) => shape(hand, f, [...beside, f]),
    heal: (hand, f, beside) => shape(hand, f, beside),
  };
}

const share: Amount = { expects: 'a share such as 10%', standard: '10%', fits: isShare };

/** Some of what the node sends comes twice. */
export const duplicate = shaping('so much of what the node sends comes twice', share, 'comes twice, % of it');

/** What the node sends comes late. */
export const delay = shaping(
  'what the node sends comes so much later',
  { expects: 'a time such as 50ms', standard: '50ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  'comes % later',
);

/** What the node sends is held to a rate. */
export const rate = shaping(
  'the node sends no faster than this',
  { expects: 'a rate such as 1mbit', standard: '1mbit', fits: (t) => /^\d+(k|m|g)?bit$/.test(t) },
  'goes at %',
);
