import { masterSettles, mastersOf } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import { type CheckSpec, promisedBy } from '../checks/check.ts';
import { framesOf } from '../checks/frames.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../model/lab.ts';
import { linkTo, nodeOf } from '../model/lookup.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { holds } from '../nodes/addresses.ts';
import type { StepOf, StepStory } from './step.ts';

/** Milliseconds in which a new master must add its addresses. */
const HOLDING_MS = 5_000;
/** Seconds to wait for the first reply; the others arrive with it. */
const FIRST_REPLY_S = 1;

/** Checks one ARP request for an address: it gets as many replies as the step expects, counted on the wire. */
function repliesCheck(lab: Lab, step: StepOf<'arp'>): CheckSpec {
  const from = nodeOf(lab, step.from);
  return {
    id: 'arp.replies',
    subject: step.address,
    promise: `one ARP request from ${step.from} for ${step.address} gets ${step.replies === 1 ? 'one reply' : `${step.replies} replies`}`,
    within: 0,
    every: 0,
    look: async (bed) => {
      const start = await bed.newestPacket();
      const device = bed.towards(from, step.address).name;
      await bed.tryRun(from.name, [
        'arping',
        '-q',
        '-b',
        '-c',
        '1',
        '-w',
        String(FIRST_REPLY_S),
        '-I',
        device,
        step.address,
      ]);
      const replies = (await bed.packetsSince(start + 1))
        .filter((p) => p.kind === 'arp')
        .filter(
          (p) =>
            p.op === 'reply' && p.sender === step.address && p.dstMac === (linkTo(from, step.address)?.mac ?? p.dstMac),
        );
      return {
        ok: replies.length === step.replies,
        seen: `${replies.length}: ${replies.map((p) => `${bed.nameOfMac(p.senderMac)} with ${p.senderMac}`).join(', ') || 'no reply'}`,
        evidence: lab.segments.map((s) => `${s.name}.pcap (arp)`),
        frames: framesOf(replies),
      };
    },
  };
}

/**
 * Waits until an instance has its master, and the master holds an address. Returns without an error when this takes too
 * long; the check then reports it.
 */
async function masterHolds(bed: Bed, vrrp: VrrpInstance, address: string): Promise<void> {
  await masterSettles(bed, vrrp);
  const isHeld = async () => {
    const [master] = mastersOf(bed, vrrp);
    const held = master === undefined ? [] : await bed.control(master).addressesHeld();
    return holds(held, address) ? true : undefined;
  };
  await eventually(isHeld, { within: HOLDING_MS, every: 50, signal: bed.signal });
}

/** Checks the number of replies to an ARP request. */
export const arp: StepStory<StepOf<'arp'>> = {
  timed: false,
  title: (_lab, { replies, address }) =>
    `${replies === 1 ? 'one interface answers' : `${replies} interfaces answer`} ARP for ${address}`,
  promises: (lab, step) => [promisedBy(repliesCheck(lab, step))],
  async run(context, step) {
    const { bed } = context;
    context.wait(`a master to hold ${step.address}`);
    const movedBy = bed.lab.vrrp.filter((v) => v.addresses.some((a) => a.address === step.address));
    await Promise.all(movedBy.map((vrrp) => masterHolds(bed, vrrp, step.address)));
    context.wait(`replies to ARP for ${step.address}`);
    await context.check([repliesCheck(bed.lab, step)]);
  },
};
