import { masterDownInterval, SCHEDULING_MARGIN_MS, senders } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import type { CheckSpec } from '../checks/check.ts';
import { tableChecks } from '../checks/table.ts';
import { kill, revive } from '../faults/faults.ts';
import {
  found,
  interfaceOn,
  type LabNode,
  nodeOf,
  type Service,
  serviceOf,
  type VrrpInstance,
  vrrpOf,
} from '../lab/model.ts';
import { formatMs } from '../net/duration.ts';
import type { StepContext } from './context.ts';
import { measure, type Outage } from './outage.ts';
import { PROBE_EVERY_MS, PROBE_TIMEOUT_MS, Probe } from './probe.ts';

/** A probe that started later than this was itself stalled: a budget missed then says nothing about the director. */
const STALL_MS = 500;

/** How long after a budget we still watch, to tell by how much it was missed. */
const OVERTIME_MS = 5000;

interface Budget {
  readonly ms: number;
  /** How it comes about, for the report. */
  readonly words: string;
}

/** How long a director may take to become master of an instance once no better one is heard. */
function takeover(vrrp: VrrpInstance, node: LabNode): Budget {
  const { priority } = found(
    vrrp.members.find((m) => m.node === node.name),
    `member ${node.name}`,
  );
  return {
    ms: masterDownInterval(vrrp, priority),
    words: `3 × ${formatMs(vrrp.advert)} + (256 − ${priority})/256 × ${formatMs(vrrp.advert)}`,
  };
}

/** Kills the master, measures the outage, and then what its return costs. */
export async function failoverStep(
  context: StepContext,
  step: { service: string; kill: string; to: string },
): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, step.service);
  const vrrp = found(vrrpOf(bed.lab, service.name), `vrrp of ${service.name}`);
  const [victim, heir] = [nodeOf(bed.lab, step.kill), nodeOf(bed.lab, step.to)];
  // A probe for each: the connection that is held through the return must have been there before it.
  await context.attempt('failover.outage', service.name, `${heir.name} takes over from ${victim.name}`, () =>
    probed(bed, service, `${context.slug}-loss`, (probe) => lose(context, probe, service, vrrp, victim, heir)),
  );
  await context.attempt('return.outage', service.name, `${victim.name} takes over again`, () =>
    probed(bed, service, `${context.slug}-return`, (probe) => regain(context, probe, service, vrrp, victim, heir)),
  );
}

async function probed(bed: Bed, service: Service, name: string, work: (probe: Probe) => Promise<void>): Promise<void> {
  const probe = await Probe.start(bed, service, name);
  try {
    await work(probe);
  } finally {
    probe.stop();
  }
}

async function lose(
  context: StepContext,
  probe: Probe,
  service: Service,
  vrrp: VrrpInstance,
  victim: LabNode,
  heir: LabNode,
): Promise<void> {
  const { bed } = context;
  const at = await kill(bed, victim.name);
  context.fault(`${victim.name} killed`, at);
  const budget = takeover(vrrp, heir);
  context.wait(`${heir.name} to take over, at most ${formatMs(budget.ms)}`);
  await context.check([
    masterCheck(vrrp, heir, victim, at, 'failover.master', budget),
    garpCheck(service, heir, at, 'failover.garp', budget),
  ]);
  await settled(bed, probe, at, budget);
  judgeOutage(context, 'failover.outage', service, measure(probe.samples, at), budget, probe.file);
}

async function regain(
  context: StepContext,
  probe: Probe,
  service: Service,
  vrrp: VrrpInstance,
  victim: LabNode,
  heir: LabNode,
): Promise<void> {
  const { bed } = context;
  const from = bed.wire.newest;
  context.wait(`${victim.name} to start again`);
  await revive(bed, context.bootDeadline);
  const ready = bed.wire.newest;
  context.fault(`${victim.name} started again`, ready);
  const election = takeover(vrrp, victim);
  context.wait(`${victim.name} to preempt`);
  await context.check([
    masterCheck(vrrp, victim, heir, ready, 'return.master', election),
    garpCheck(service, victim, ready, 'return.garp', election),
    ...tableChecks(bed.lab, service, 2000),
  ]);
  const taken =
    bed.wire.since(ready).find((p) => p.kind === 'vrrp' && p.srcMac === interfaceOn(victim, vrrp.segment).mac)?.at ??
    ready;
  const handover: Budget = { ms: vrrp.advert, words: `one advert, ${formatMs(vrrp.advert)}` };
  // Only what was begun after the handover shows that it is over.
  await settled(bed, probe, taken, handover);
  judgeOutage(context, 'return.outage', service, measure(probe.samples, from), handover, probe.file);
}

/** Waits until the service answers steadily again, or the budget and some overtime have passed. */
async function settled(bed: Bed, probe: Probe, after: number, budget: Budget): Promise<void> {
  await probe.steady(after, budget.ms + SCHEDULING_MARGIN_MS + OVERTIME_MS, bed.signal);
}

function judgeOutage(
  context: StepContext,
  id: string,
  service: Service,
  o: Outage,
  budget: Budget,
  file: string,
): void {
  const within = o.over && o.outage <= budget.ms + SCHEDULING_MARGIN_MS;
  const stalled = o.worstLag > STALL_MS;
  const parts = [
    o.over ? `outage ${formatMs(o.outage)}` : 'the service did not come back',
    `± ${formatMs(PROBE_EVERY_MS + o.worstLag)}`,
    `${o.lost} of ${o.attempts} connections lost`,
    ...(o.firstLossAfter === undefined ? [] : [`first after ${formatMs(o.firstLossAfter)}`]),
    ...(o.recoveryAfter === undefined ? [] : [`answered again after ${formatMs(o.recoveryAfter)}`]),
    ...(o.flaps > 0 ? [`${o.flaps} flaps`] : []),
    `held connection: ${o.held ? `${o.held.why} after ${formatMs(o.held.after)}` : o.heldAnswered ? 'alive' : 'no answer yet'}`,
    ...(stalled ? [`the probe itself was stalled for ${formatMs(o.worstLag)}`] : []),
  ];
  context.tell(
    id,
    service.name,
    within ? 'passed' : stalled ? 'inconclusive' : 'failed',
    `clients go without at most ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(SCHEDULING_MARGIN_MS)}`,
    parts.join(', '),
    {
      evidence: [`${file} (a connection every ${PROBE_EVERY_MS} ms, each given ${PROBE_TIMEOUT_MS} ms)`],
      figures: {
        outage: o.outage,
        lost: o.lost,
        attempts: o.attempts,
        flaps: o.flaps,
        worstLag: o.worstLag,
        budget: budget.ms,
        ...(o.recoveryAfter === undefined ? {} : { recoveryAfter: o.recoveryAfter }),
      },
    },
  );
}

/** That one director sends adverts and the other has fallen silent, both from the wire. */
function masterCheck(
  vrrp: VrrpInstance,
  master: LabNode,
  other: LabNode,
  since: number,
  id: string,
  budget: Budget,
): CheckSpec {
  return {
    id,
    subject: vrrp.name,
    promise: `${master.name} is master, alone, within ${formatMs(budget.ms)} (${budget.words}), margin ${formatMs(SCHEDULING_MARGIN_MS)}`,
    within: budget.ms + SCHEDULING_MARGIN_MS,
    every: 20,
    look: async (bed) => {
      const packets = bed.wire.since(since + 1);
      const first = packets.find(
        (p) =>
          p.kind === 'vrrp' && p.id === vrrp.id && p.priority > 0 && p.srcMac === interfaceOn(master, vrrp.segment).mac,
      );
      const later = first
        ? senders(
            bed.lab,
            vrrp,
            packets.filter((p) => p.at > first.at + OVERLAP_MICROS),
          )
        : [];
      const rival = later.find((s) => s.node.name === other.name);
      return {
        ok: first !== undefined && !rival,
        seen: first
          ? `first advert of ${master.name} after ${formatMs((first.at - since) / 1000)}${rival ? `, and ${other.name} still sends too` : ''}`
          : `no advert of ${master.name}`,
        evidence: [`${vrrp.segment}.pcap (vrrp)`],
        ...(first ? { figures: { advertAfter: (first.at - since) / 1000 } } : {}),
      };
    },
  };
}

/** Two masters for as long as an advert takes to be heard are no rivals. */
const OVERLAP_MICROS = 100_000;

/** That the new master announced the VIP under its own MAC address, without being asked. */
function garpCheck(service: Service, master: LabNode, since: number, id: string, budget: Budget): CheckSpec {
  return {
    id,
    subject: service.name,
    promise: `${master.name} announces ${service.vip} by gratuitous ARP`,
    within: budget.ms + SCHEDULING_MARGIN_MS,
    every: 20,
    look: async (bed) => {
      const iface = bed.towards(master, service.vip);
      const seen = bed.wire
        .since(since + 1)
        .filter(
          (p) => p.kind === 'arp' && p.sender === service.vip && p.target === service.vip && p.srcMac === iface.mac,
        );
      const [first] = seen;
      return {
        ok: first !== undefined,
        seen: first ? `${seen.length} gratuitous ARP, the first after ${formatMs((first.at - since) / 1000)}` : 'none',
        evidence: [`${bed.segmentTowards(master, service.vip)}.pcap (arp.isgratuitous)`],
      };
    },
  };
}
