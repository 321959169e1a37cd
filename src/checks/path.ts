import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { askedPorts, macsOf, nodeOf, servedPorts } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { Wire } from '../modes/mode.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec, Observation } from './check.ts';
import { framesOf } from './frames.ts';
import { isReached, kept, unreached } from './served.ts';
import { arrivals, askedWords, REQUESTS, type Segment, type Traffic } from './traffic.ts';

export type GetTraffic = () => Promise<Traffic>;

/** Returns checks that judge one stretch of traffic: it is complete, and another look would not change the result. */
export function judged(
  id: string,
  service: Service,
  promise: string,
  traffic: GetTraffic,
  judge: (bed: Bed, t: Traffic) => Omit<Observation, 'final'> | Promise<Omit<Observation, 'final'>>,
): CheckSpec {
  return {
    id,
    subject: service.name,
    promise,
    within: 0,
    every: 0,
    look: async (bed) => judge(bed, await traffic()),
  };
}

/** Counts distinct values: `rs1 ×10, rs2 ×10`. */
export function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts].map(([v, n]) => `${v} ×${n}`).join(', ') || 'nothing';
}

/** Checks that a real server of the service answers every request. */
export function answersCheck(service: Service, traffic: GetTraffic): CheckSpec {
  const names = service.reals.map((r) => r.node);
  const { tells } = appOf(service);
  return judged(
    'service.answers',
    service,
    `${REQUESTS} ${service.protocol === 'udp' ? 'datagrams' : 'connections'} to ${askedWords(service)}, and as many more as it takes to reach every real server, are answered by ${names.join(' and ')}`,
    traffic,
    (_bed, t) => {
      const good = t.requests.filter((r) => r.status === 200 && (!tells || names.includes(r.server)));
      const bad = t.requests
        .filter((r) => !good.includes(r))
        .map((r) => (r.status === 0 ? 'no answer' : `status ${r.status} from ${r.server || 'an unknown server'}`));
      return {
        ok: t.stretches[0].requests.length === REQUESTS && bad.length === 0,
        seen: `${good.length} answered (${tells ? tally(good.map((r) => r.server)) : 'a banner'})${bad.length > 0 ? `, ${tally(bad)}` : ''}`,
        evidence: t.evidence,
      };
    },
  );
}

/** Returns where to find a service's packets in the captures. */
export function pcap(packets: readonly Segment[], lab: Lab, service: Service): string[] {
  const seen = [...new Set(packets.map((p) => p.segment))];
  const segments = seen.length > 0 ? seen : lab.segments.map((s) => s.name);
  return segments.map((s) => `${s}.pcap (${portFilter(service)})`);
}

/** Returns the filter of a service's packets by their ports, in Wireshark's words. */
function portFilter(service: Service): string {
  const ports = askedPorts(service);
  return `${service.protocol}.port ${ports.length === 1 ? `== ${ports[0]}` : `in {${ports.join(', ')}}`}`;
}

/** What must arrive at a real server. */
export interface SourceRule {
  readonly promise: string;
  /** The addresses that it may come from. */
  readonly sources: (t: Traffic) => readonly string[];
  /** The name of those addresses. */
  readonly called: string;
  /** Whether its destination is the real server or still the VIP. */
  readonly target: Wire['target'];
  readonly outer: Wire['outer'];
}

/** Checks what real servers see of a balanced connection, on the wire and in their answers. */
export function sourceCheck(lab: Lab, service: Service, traffic: GetTraffic, rule: SourceRule): CheckSpec {
  return judged(`${service.mode}.source`, service, rule.promise, traffic, (bed, t) => {
    const sources = rule.sources(t);
    const seen = arrivals(lab, service, t.packets);
    const asked = askedPorts(service);
    const targets = (p: Segment) =>
      rule.target === 'vip'
        ? p.dst === service.vip && asked.includes(p.dstPort)
        : service.reals.some((r) => r.address === p.dst && servedPorts(service, r).includes(p.dstPort));
    const wrapped = (p: Segment) =>
      rule.outer === 'none' ? p.outer === undefined : service.reals.some((r) => r.address === p.outer?.dst);
    const wrong = seen.filter(
      (p) => !sources.includes(p.src) || !targets(p) || !wrapped(p) || !fromOneOf(t.directors, p),
    );
    const own = kept(lab, service, t);
    const strangers = own.filter(({ opening }) => !sources.includes(opening.src));
    const words = [
      ...seen.map(
        (p) =>
          `${p.src} to ${p.dst}${p.outer ? ` inside ${p.outer.kind} ${p.outer.src} to ${p.outer.dst}` : ''} from ${bed.nameOfMac(p.srcMac)}`,
      ),
      ...own.map(({ opening, node }) => `${opening.src} to ${opening.dst} kept by ${node} itself`),
    ];
    const told = t.requests.filter(
      (r) =>
        r.seenClient !== '' &&
        !sources.some((a) => r.seenClient.startsWith(`${a}:`) || r.seenClient.startsWith(`[${a}]:`)),
    );
    const missed = unreached(lab, service, t).map((r) => r.node);
    return {
      ok:
        seen.length + own.length > 0 &&
        wrong.length + strangers.length === 0 &&
        told.length === 0 &&
        missed.length === 0,
      seen: `${tally(words)}${missed.map((n) => `, no request reached ${n}`).join('')}; ${rule.called}${rule.called !== 'client' ? ` of ${t.directors.map((d) => d.name).join(' and ')}` : ''}: ${sources.join(', ') || 'none'}`,
      evidence: [...pcap(seen, lab, service), ...t.evidence],
      frames: framesOf([...seen, ...own.map((k) => k.opening)], [...wrong, ...strangers.map((k) => k.opening)]),
    };
  });
}

/** Returns which of these real servers received requests and sent nothing back. */
export function mute(
  lab: Lab,
  service: Service,
  t: Traffic,
  { reals, sent }: { readonly reals: readonly Real[]; readonly sent: readonly Segment[] },
): readonly string[] {
  return reals
    .filter((r) => {
      const macs = macsOf(nodeOf(lab, r.node));
      return isReached(lab, service, t, r) && !sent.some((p) => macs.includes(p.srcMac));
    })
    .map((r) => r.node);
}

/**
 * Returns whether a frame came from one of these nodes if any is on its segment, or else from the router of that
 * segment.
 */
export function fromOneOf(nodes: readonly LabNode[], p: Segment): boolean {
  const near = nodes.filter((n) => isOn(n, p.segment));
  return near.length === 0 || near.some((n) => macsOf(n).includes(p.srcMac));
}

/**
 * Returns whether a frame goes to one of these nodes, if any is on its segment: at its own MAC address, or a virtual one
 * of its VRRP instances.
 */
export function toOneOf(lab: Lab, nodes: readonly LabNode[], p: Segment): boolean {
  const near = nodes.filter((n) => isOn(n, p.segment));
  return near.length === 0 || near.some((n) => macsOf(n, lab).includes(p.dstMac));
}

function isOn(node: LabNode, segment: string): boolean {
  return node.interfaces.some((i) => i.segment === segment);
}
