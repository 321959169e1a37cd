import { KEEPALIVED, KEEPALIVED_CONF } from '../../drivers/keepalived-conf.ts';
import { eventually } from '../../eventually.ts';
import { broughtPath } from '../../layout/files.ts';
import { CannotObserve, type Hand } from '../../plan/hand.ts';
import { script } from '../../shell.ts';
import type { FaultStory } from '../fault.ts';

/** keepalived's PID file. */
const PID_FILE = '/run/keepalived.pid';
/** Milliseconds in which keepalived must say that it reads its configuration again. */
const HEARD_MS = 10_000;

/** keepalived reads its configuration again: another one, or the same. */
export const reload: FaultStory = {
  aim: 'program',
  programs: [KEEPALIVED],
  summary: 'keepalived reads its configuration again; in a scenario `with: FILE` gives it another one',
  words: ({ node, brings }) =>
    brings
      ? [`keepalived on ${node} reloads with ${brings.path}`, `keepalived on ${node} has its configuration back`]
      : [`keepalived on ${node} reloads`, `keepalived on ${node} reloads once more`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  spares: 'a reload takes nothing from a service',
  sparesBackup: true,
  returnsUnaware: () => false,
  staysMaster: () => true,
  node: () => 'runs',
  async inject(hand, { node, brings }) {
    const before = await reloads(hand, node);
    const { at } = await hand.timed(
      node,
      script('reload', 'put', KEEPALIVED_CONF, PID_FILE, ...(brings ? [broughtPath(brings)] : [])),
    );
    const heard = async () => ((await reloads(hand, node)) > before ? true : undefined);
    if (!(await eventually(heard, { within: HEARD_MS, every: 50, signal: hand.signal })))
      throw new CannotObserve(`keepalived on ${node} does not react to SIGHUP`);
    return at;
  },
  heal: async (hand, { node }) => (await hand.timed(node, script('reload', 'back', KEEPALIVED_CONF, PID_FILE))).at,
};

/** Returns how often keepalived has said so far that it reloads. */
async function reloads(hand: Hand, node: string): Promise<number> {
  const stream = await hand.engine.logs(hand.containerOf(node), {
    follow: false,
    timestamps: false,
    signal: hand.signal,
  });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.split('\n').filter((line) => line.startsWith(`${KEEPALIVED}: `) && /\breload/i.test(line)).length;
}
