import type { Bed } from '../checks/bed.ts';
import { type CheckSpec, type Promised, promisedBy } from '../checks/check.ts';
import { tally } from '../checks/path.ts';
import { ask } from '../checks/traffic.ts';
import { driverOf } from '../drivers/index.ts';
import { heal, inject } from '../faults/standing.ts';
import { cutOf } from '../faults/wires.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf, serviceOf } from '../model/lookup.ts';
import type { Device, LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { Step } from '../model/step.ts';
import { formatMs } from '../net/duration.ts';
import type { StepContext } from './context.ts';
import type { StepOf, StepStory } from './step.ts';

/** Longest time until a bond stops using a dead wire, in milliseconds: LACP misses three messages, one per second. */
const LEAVE_MS = 3000;
/** Longest time until a reconnected wire is used again: carrier, negotiation with the partner, and its first turn. */
const REJOIN_MS = 6000;
const MARGIN_MS = 1000;
/** Number of connections that must all be answered, or none; milliseconds for each. */
const ASKS = 10;
const ASK_MS = 300;

type CutStep = Step & { kind: 'cut' };
type Bond = Extract<Device, { kind: 'bond' }>;

/** Describes the wires of a step. */
function named({ links, node }: CutStep): string {
  return `${links.join(' and ')} of ${node}`;
}

/** Returns the promises that a cut will report. */
function cutPromises(lab: Lab, step: CutStep): readonly Promised[] {
  return [whileCut(lab, step), onceMended(lab, step)].map(promisedBy);
}

function whileCut(lab: Lab, step: CutStep): CheckSpec {
  const service = serviceOf(lab, step.service);
  const when = `with ${named(step)} cut`;
  return step.answers ? answering(service, 'cut.answers', when, LEAVE_MS) : silent(service, when);
}

function onceMended(lab: Lab, step: CutStep): CheckSpec {
  return mended(serviceOf(lab, step.service), nodeOf(lab, step.node), step.links, `with ${named(step)} restored`);
}

/**
 * Cuts wires of a node: the service continues, or stops, as the step expects; after the wires are reconnected, it
 * answers again.
 */
async function cutStep(context: StepContext, step: CutStep): Promise<void> {
  const { bed } = context;
  const cuts = step.links.map((link) => cutOf(step.node, link));
  let at = 0;
  for (const cut of cuts) at = await inject(bed, cut);
  context.fault(`${named(step)} cut`, at);
  context.wait(step.answers ? 'the bond to stop using the cut wire' : 'the service to fall silent');
  try {
    await context.check([whileCut(bed.lab, step)]);
  } finally {
    for (const cut of cuts) at = await heal(bed, cut, context.bootDeadline);
    context.faultOver(`${named(step)} restored`, at);
  }
  context.wait('the service to answer');
  await context.check([onceMended(bed.lab, step)]);
}

/**
 * Checks that the service answers again, and that bonds with LACP use the wire again: only then is cutting the other
 * wire meaningful.
 */
function mended(service: Service, node: LabNode, links: readonly string[], when: string): CheckSpec {
  const cards = node.interfaces.filter((i) => links.includes(i.segment)).map((i) => i.name);
  const bonds = node.devices.filter(
    (d): d is Bond => d.kind === 'bond' && d.mode === 4 && d.over.some((o) => cards.includes(o)),
  );
  const plain = answering(service, 'cut.mended', when, REJOIN_MS);
  return {
    ...plain,
    promise: `${plain.promise}${bonds.length > 0 ? `, and ${bonds.map((b) => b.name).join(', ')} has all its slaves` : ''}`,
    look: async (bed) => {
      const broken: string[] = [];
      for (const bond of bonds) if (!(await isWhole(bed, node, bond))) broken.push(bond.name);
      const seen = await plain.look(bed);
      return {
        ...seen,
        ok: seen.ok && broken.length === 0,
        seen: `${seen.seen}${broken.map((b) => `, ${b} does not have all its slaves yet`).join('')}`,
      };
    },
  };
}

/**
 * Returns whether each slave and its partner are collecting and distributing: LACP's state 63. Of a bond that the node's
 * kernel does not have, the kernel at the other end of its wires tells; the node's own end may be in state 61, as DPDK asks
 * for slow messages.
 */
async function isWhole(bed: Bed, node: LabNode, bond: Bond): Promise<boolean> {
  const own = inKernel(bed.lab, node);
  const seen = own ? { node, bond } : partnerOf(bed.lab, node, bond);
  const text = await bed.run(seen.node.name, ['cat', `/proc/net/bonding/${seen.bond.name}`]);
  const ends = (state: RegExp) => (text.match(state) ?? []).length;
  const [fast, slow] = [ends(/port state: 63$/gm), own ? 0 : ends(/port state: 61$/gm)];
  const slaves = bond.over.length;
  return fast >= slaves && fast + slow === 2 * slaves;
}

function inKernel(lab: Lab, node: LabNode): boolean {
  return node.driver === undefined || driverOf(node).stack(lab, node).devices;
}

/** Returns the bond at the other end of a bond's wires; the bond itself if there is none. */
function partnerOf(lab: Lab, node: LabNode, bond: Bond): { readonly node: LabNode; readonly bond: Bond } {
  const wires = (of: LabNode, { over }: Bond) =>
    of.interfaces
      .flatMap((card) => (over.includes(card.name) ? card.segment : []))
      .sort()
      .join();
  const others = lab.nodes.filter((other) => other !== node);
  const ends = others.flatMap((other) =>
    other.devices.flatMap((d) =>
      d.kind === 'bond' && wires(other, d) === wires(node, bond) ? { node: other, bond: d } : [],
    ),
  );
  return ends[0] ?? { node, bond };
}

function answering(service: Service, id: string, when: string, budget: number): CheckSpec {
  return {
    id,
    subject: service.name,
    promise: `${when}, all ${ASKS} connections are answered within ${formatMs(budget)}, margin ${formatMs(MARGIN_MS)}`,
    within: budget + MARGIN_MS,
    every: 50,
    look: async (bed) => {
      const { ok, words } = await look(bed, service);
      return { ok: ok === ASKS, seen: words };
    },
  };
}

/**
 * Checks that the service does not answer, after there was time to find another path: before that, only the dead path
 * would be tested.
 */
function silent(service: Service, when: string): CheckSpec {
  const began = performance.now();
  return {
    id: 'cut.silent',
    subject: service.name,
    promise: `${when}, no connection is answered, not even ${formatMs(LEAVE_MS)} later`,
    within: LEAVE_MS + MARGIN_MS,
    every: 50,
    look: async (bed) => {
      const late = performance.now() - began >= LEAVE_MS;
      const { ok, words } = await look(bed, service);
      return { ok: late && ok === 0, final: late, seen: words };
    },
  };
}

async function look(bed: Bed, service: Service): Promise<{ ok: number; words: string }> {
  const requests = await ask(bed, service, { count: ASKS, timeout: ASK_MS });
  const answered = requests.filter((r) => r.status === 200);
  return {
    ok: answered.length,
    words:
      answered.length > 0
        ? `${tally(answered.map((r) => r.server))} of ${requests.length} asked`
        : `none of ${requests.length} asked`,
  };
}

/** A step that cuts wires of a node for a while. */
export const cut: StepStory<StepOf<'cut'>> = {
  timed: false,
  title: (_lab, step) =>
    `${step.service} ${step.answers ? 'keeps answering' : 'stops answering'} without ${step.links.join(' and ')} of ${step.node}`,
  promises: (lab, step) => cutPromises(lab, step),
  run: (context, step) => cutStep(context, step),
};
