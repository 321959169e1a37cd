import type { Fault } from '../model/fault.ts';
import { nodeOf } from '../model/lookup.ts';
import type { Interface } from '../model/node.ts';
import { FAULTS } from '../model/words.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { shell } from '../shell.ts';
import type { Amount, FaultStory, Stamp, Standing } from './fault.ts';
import { putHop, takeHop } from './hop.ts';

/**
 * Returns the netem arguments for a wire that several faults shape: the newest of each kind counts. Empty if there is
 * none.
 */
export function netemOf(standing: readonly Standing[], node: string, segment: string): string {
  const own = standing.filter(({ fault }) => fault.node === node && fault.segments.includes(segment));
  const words = FAULTS.flatMap((kind) => {
    const newest = own.findLast(({ fault }) => fault.kind === kind);
    return newest?.story.netem?.(newest.fault.amount ?? '') ?? [];
  });
  return words.length > 0 ? `netem limit 10000 ${words.join(' ')}` : '';
}

/** Shapes what a node sends according to all faults that remain active, on the wires of one of them. */
async function shape(hand: Hand, { node: name, segments }: Fault, standing: readonly Standing[]): Promise<Stamp> {
  const at = await hand.now();
  const node = nodeOf(hand.lab, name);
  for (const card of node.interfaces.filter((i) => segments.includes(i.segment))) {
    const netem = netemOf(standing, name, card.segment);
    const own = await shapeInside(hand, name, card, netem);
    // A node's own kernel has netem; the engine's kernel may lack it.
    if (netem !== '' && !own) await putHop(hand, node, card, netem);
    else await takeHop(hand, node, card);
  }
  return at;
}

/** Shapes in the node's own network stack. Returns whether that works. */
async function shapeInside(hand: Hand, node: string, { name }: Interface, netem: string): Promise<boolean> {
  if (netem === '') {
    await hand.run(node, shell('tc qdisc del dev $1 root 2> /dev/null || true', name));
    return true;
  }
  const put = shell('modprobe -q sch_netem || true; tc qdisc replace dev $1 root $2', name, netem);
  if ((await hand.tryRun(node, put)).code !== 0) return false;
  const shown = await hand.run(node, ['tc', 'qdisc', 'show', 'dev', name]);
  if (!shown.includes('netem')) throw new CannotObserve(`${name} of ${node} has no netem queue`);
  return true;
}

/** The definition of a kind of fault that shapes what a node sends. */
interface Shaping {
  readonly summary: string;
  readonly amount: Amount;
  /** The effect in words, with `%` in place of the amount. */
  readonly word: string;
  /** Returns the arguments for netem (tc-netem(8)). */
  readonly netem: (amount: string) => string;
}

/** Returns a kind of fault that shapes what a node sends. */
export function shaping({ summary, amount, word, netem }: Shaping): FaultStory {
  const story: FaultStory = {
    aim: 'wires',
    amount,
    summary,
    words: (f) => [
      `what ${f.node} sends on ${f.segments.join(' and ')} ${word.replace('%', f.amount ?? '')}`,
      `what ${f.node} sends on ${f.segments.join(' and ')} is no longer shaped`,
    ],
    adverts: () => 'go on',
    routing: () => 'stays',
    serving: () => 'open',
    sparesBackup: false,
    returnsUnaware: () => false,
    staysMaster: () => true,
    node: () => 'runs',
    netem,
    inject: (hand, fault, beside) => shape(hand, fault, [...beside, { fault, story }]),
    heal: shape,
  };
  return story;
}
