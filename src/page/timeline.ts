import { reigns, SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import { sends } from '../checks/sender.ts';
import { announcements } from '../checks/takeover.ts';
import type { CheckResult } from '../events.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf } from '../model/lookup.ts';
import type { Packet, VrrpPacket } from '../net/packet.ts';
import type { Sample } from '../scenario/outage.ts';
import type { Lane, Mark, OutagePage, ProbeLine, Timeline } from './data.ts';
import type { Stretch } from './packets.ts';
import { packed } from './samples.ts';

/** Milliseconds before a fault that a timeline shows. */
const BEFORE_MS = 1500;

/** The samples of one probe: of the first half, from the fault on, or of the second, from its end on. */
export interface ProbeFile {
  readonly name: string;
  readonly half: 'loss' | 'return';
  readonly client: string | undefined;
  readonly samples: readonly Sample[];
}

/** What happened at a time, in microseconds. */
export interface Happening {
  readonly at: number;
  readonly kind: Mark['kind'];
  readonly text: string;
}

/** One run of a fault step: its probes, and what was judged by them. */
export interface FaultRun {
  readonly probes: readonly ProbeFile[];
  readonly results: readonly { readonly key: string; readonly result: CheckResult }[];
}

/** Returns the stretch of a run, in microseconds: from its first sample to its last. Undefined if it has none. */
export function stretchOf({ probes }: FaultRun): Stretch | undefined {
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { samples } of probes)
    for (const s of samples) {
      from = Math.min(from, s.at);
      to = Math.max(to, s.end);
    }
  return to > 0 ? { from, to } : undefined;
}

/** Returns the timeline of a run; undefined if its probes tell nothing. */
export function timelineOf(
  lab: Lab | undefined,
  run: FaultRun,
  happenings: readonly Happening[],
  announced: readonly Packet[],
  most: number,
): Timeline | undefined {
  const stretch = stretchOf(run);
  if (!stretch) return undefined;
  const within = happenings.filter((h) => h.at >= stretch.from && h.at <= stretch.to);
  const fault = within.find((h) => h.kind === 'fault');
  const zero = fault?.at ?? stretch.from;
  const after = (at: number) => (at - zero) / 1000;
  const from = Math.max(after(stretch.from), -BEFORE_MS);
  const inView = announced.filter((p) => p.at >= zero + from * 1000 && p.at <= stretch.to);
  return {
    title: fault?.text ?? 'what clients noticed',
    from,
    to: after(stretch.to),
    probes: probeLines(run, zero, from, most),
    marks: within.map(({ at, kind, text }) => ({ at: after(at), kind, text })),
    lanes: lab ? lanesOf(lab, inView, after) : [],
    outages: run.results.flatMap(({ key, result }) => outageOf(run, key, result, after) ?? []),
  };
}

function probeLines({ probes }: FaultRun, zero: number, from: number, most: number): readonly ProbeLine[] {
  const clients = [...new Set(probes.map((p) => p.client))];
  return clients.map((client) => {
    const samples = probes
      .filter((p) => p.client === client)
      .flatMap((p) => p.samples)
      .filter((s) => (s.at - zero) / 1000 >= from);
    return {
      client: client ?? '',
      fresh: packed(
        samples.filter((s) => s.kind === 'new'),
        zero,
        most,
      ),
      held: packed(
        samples.filter((s) => s.kind === 'held' || s.kind === 'stream'),
        zero,
        most / 2,
      ),
    };
  });
}

/** Returns a row for each director of each VRRP instance, from the packets; `after` puts a time on the timeline's clock. */
export function lanesOf(lab: Lab, packets: readonly Packet[], after: (at: number) => number): readonly Lane[] {
  return lab.vrrp.flatMap((vrrp) => {
    const periods = reigns(lab, vrrp, packets);
    return vrrp.members.map(({ node: name }): Lane => {
      const node = nodeOf(lab, name);
      const own = packets.filter(
        (p): p is VrrpPacket =>
          p.kind === 'vrrp' && p.id === vrrp.id && p.segment === vrrp.segment && sends(vrrp, node, p),
      );
      return {
        node: name,
        instance: vrrp.name,
        adverts: own.filter((p) => p.priority > 0).map((p) => after(p.at)),
        resigned: own.filter((p) => p.priority === 0).map((p) => after(p.at)),
        announced: announcements(vrrp, node, packets).map((a) => ({ at: after(a.at), address: a.address })),
        reigns: periods.filter((r) => r.node === name).map((r) => ({ from: after(r.from), to: after(r.to) })),
      };
    });
  });
}

/** Returns an outage that a check judged, or reported; undefined if it is another check. */
function outageOf(
  { probes }: FaultRun,
  key: string,
  { subject, verdict, promised, figures, evidence }: CheckResult,
  after: (at: number) => number,
): OutagePage | undefined {
  const { outage, budget } = figures ?? {};
  const probe = probes.find((p) => evidence.some((e) => e.startsWith(p.name)));
  if (outage === undefined || !probe) return undefined;
  const from = outage > 0 ? startOf(probe.samples, outage) : undefined;
  return {
    check: key,
    subject,
    verdict,
    outage,
    ...(budget === undefined ? {} : { budget }),
    margin: budget === undefined || budget === 0 ? 0 : SCHEDULING_MARGIN_MS,
    words: /\((.*)\), margin/.exec(promised)?.[1] ?? promised,
    ...(from === undefined ? {} : { from: after(from) }),
  };
}

/** Returns when an outage of this many milliseconds began: it ended with the first answer after the last loss. */
function startOf(samples: readonly Sample[], outage: number): number | undefined {
  const fresh = samples.filter((s) => s.kind === 'new').sort((a, b) => a.at - b.at);
  const last = fresh.findLastIndex((s) => !s.ok);
  const recovery = fresh[last + 1];
  return last < 0 || !recovery ? undefined : recovery.at - outage * 1000;
}
