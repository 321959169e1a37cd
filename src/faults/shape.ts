import { type Fault, nodeOf } from '../lab/model.ts';
import { parseDuration } from '../net/duration.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { type Amount, type FaultStory, type Stamp, stamp } from './fault.ts';
import { isShare } from './node.ts';

/**
 * What the node sends is shaped by netem (tc-netem(8)), in the node's own network stack: the engine's
 * kernel may lack it, a node's own kernel has it.
 */
async function shape(hand: Hand, fault: Fault, netem: string): Promise<Stamp> {
  const at = await stamp(hand);
  for (const device of devicesOf(hand, fault)) {
    const { code, stderr } = await hand.tryRun(fault.node, [
      'sh',
      '-c',
      `modprobe -q sch_netem; tc qdisc replace dev ${device} root netem limit 10000 ${netem}`,
    ]);
    if (code !== 0)
      throw new CannotObserve(
        `the kernel of ${fault.node} has no netem (${stderr.trim().split('\n')[0]}); give the node one of its own: kernel: uml`,
      );
    const shown = await hand.run(fault.node, ['tc', 'qdisc', 'show', 'dev', device]);
    if (!shown.includes('netem')) throw new CannotObserve(`${device} of ${fault.node} does not show netem`);
  }
  return at;
}

async function unshape(hand: Hand, fault: Fault): Promise<Stamp> {
  const at = await stamp(hand);
  for (const device of devicesOf(hand, fault))
    await hand.tryRun(fault.node, ['sh', '-c', `tc qdisc del dev ${device} root netem 2> /dev/null || true`]);
  return at;
}

function devicesOf(hand: Hand, { node, segments }: Fault): readonly string[] {
  return nodeOf(hand.lab, node)
    .interfaces.filter((i) => segments.includes(i.segment))
    .map((i) => i.name);
}

function shaping(summary: string, amount: Amount, word: string, netem: (amount: string) => string): FaultStory {
  return {
    aim: 'wires',
    amount,
    summary,
    words: (f) => [
      `what ${f.node} sends on ${f.segments.join(' and ')} ${word.replace('%', f.amount ?? '')}`,
      `what ${f.node} sends on ${f.segments.join(' and ')} goes as it is`,
    ],
    adverts: () => 'go on',
    inject: (hand, f) => shape(hand, f, netem(f.amount ?? '')),
    heal: unshape,
  };
}

const share: Amount = { expects: 'a share such as 10%', standard: '10%', fits: isShare };

/** Some of what the node sends comes twice. */
export const duplicate = shaping(
  'so much of what the node sends comes twice',
  share,
  'comes twice, % of it',
  (a) => `duplicate ${a}`,
);

/** What the node sends comes late. */
export const delay = shaping(
  'what the node sends comes so much later',
  { expects: 'a time such as 50ms', standard: '50ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  'comes % later',
  (a) => `delay ${parseDuration(a)}ms`,
);

/** What the node sends is held to a rate. */
export const rate = shaping(
  'the node sends no faster than this',
  { expects: 'a rate such as 1mbit', standard: '1mbit', fits: (t) => /^\d+(k|m|g)?bit$/.test(t) },
  'goes at %',
  (a) => `rate ${a}`,
);
