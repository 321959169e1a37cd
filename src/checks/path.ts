import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors, macsOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { Wire } from '../modes/mode.ts';
import { endpoint } from '../net/cidr.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec, Observation } from './check.ts';
import { arrivals, departures, heard, REQUESTS, type Segment, type Traffic, unreached } from './traffic.ts';

type GetTraffic = () => Promise<Traffic>;

/** Returns checks that judge one stretch of traffic: it is complete, and another look would not change the result. */
export function judged(
  id: string,
  service: Service,
  promise: string,
  traffic: GetTraffic,
  judge: (bed: Bed, t: Traffic) => Omit<Observation, 'final'>,
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
    `${REQUESTS} ${service.protocol === 'tcp' ? 'connections' : 'datagrams'} to ${endpoint(service.vip, service.port)}, and as many more as it takes to reach every real server, are answered by ${names.join(' and ')}`,
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
  return segments.map((s) => `${s}.pcap (${service.protocol}.port == ${service.port})`);
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
    const targets = (p: Segment) =>
      rule.target === 'vip'
        ? p.dst === service.vip && p.dstPort === service.port
        : service.reals.some((r) => r.address === p.dst && r.port === p.dstPort);
    const wrapped = (p: Segment) =>
      rule.outer === 'none' ? p.outer === undefined : service.reals.some((r) => r.address === p.outer?.dst);
    const wrong = seen.filter(
      (p) => !sources.includes(p.src) || !targets(p) || !wrapped(p) || !fromOneOf(t.directors, p),
    );
    const words = seen.map(
      (p) =>
        `${p.src} to ${p.dst}${p.outer ? ` inside ${p.outer.kind} ${p.outer.src} to ${p.outer.dst}` : ''} from ${bed.nameOfMac(p.srcMac)}`,
    );
    const told = t.requests.filter(
      (r) =>
        r.seenClient !== '' &&
        !sources.some((a) => r.seenClient.startsWith(`${a}:`) || r.seenClient.startsWith(`[${a}]:`)),
    );
    const missed = unreached(lab, service, t.packets).map((r) => r.node);
    return {
      ok: seen.length > 0 && wrong.length === 0 && told.length === 0 && missed.length === 0,
      seen: `${tally(words)}${missed.map((n) => `, no request reached ${n}`).join('')}; ${rule.called}${rule.called === 'LIP' ? ` of ${t.directors.map((d) => d.name).join(' and ')}` : ''}: ${sources.join(', ') || 'none'}`,
      evidence: [...pcap(seen, lab, service), ...t.evidence],
    };
  });
}

/** Returns the real servers that received requests and sent nothing back. */
function mute(lab: Lab, service: Service, t: Traffic, sent: readonly Segment[]): readonly string[] {
  const asked = arrivals(lab, service, t.packets);
  return service.reals
    .filter((r) => {
      const macs = macsOf(nodeOf(lab, r.node));
      return asked.some((p) => macs.includes(p.dstMac)) && !sent.some((p) => macs.includes(p.srcMac));
    })
    .map((r) => r.node);
}

/**
 * Returns whether a frame came from one of these nodes if any is on its segment, or else from the router of that
 * segment.
 */
function fromOneOf(nodes: readonly LabNode[], p: Segment): boolean {
  const near = nodes.filter((n) => isOn(n, p.segment));
  return near.length === 0 || near.some((n) => macsOf(n).includes(p.srcMac));
}

/** Returns whether a frame goes to one of these nodes, if any is on its segment. */
function toOneOf(nodes: readonly LabNode[], p: Segment): boolean {
  const near = nodes.filter((n) => isOn(n, p.segment));
  return near.length === 0 || near.some((n) => macsOf(n).includes(p.dstMac));
}

function isOn(node: LabNode, segment: string): boolean {
  return node.interfaces.some((i) => i.segment === segment);
}

/** Checks that replies take the path of the mode, through the active director. */
export function returnCheck(
  lab: Lab,
  service: Service,
  traffic: GetTraffic,
  rule: { promise: string; to: (t: Traffic) => readonly string[] },
): CheckSpec {
  return judged(`${service.mode}.return`, service, rule.promise, traffic, (bed, t) => {
    const to = rule.to(t);
    const seen = departures(lab, service, t.packets);
    const wrong = seen.filter((p) => !to.includes(p.dst) || !toOneOf(t.directors, p));
    const silent = mute(lab, service, t, seen);
    return {
      ok: seen.length > 0 && wrong.length === 0 && silent.length === 0,
      seen: `${tally(seen.map((p) => `to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`))}${silent.map((n) => `, ${n} was asked and sent nothing`).join('')}`,
      evidence: pcap(seen, lab, service),
    };
  });
}

/** Checks that replies go directly to the client: they come from the VIP, and no director sees one. */
export function bypassCheck(lab: Lab, service: Service, traffic: GetTraffic, balancers: readonly string[]): CheckSpec {
  return judged(
    `${service.mode}.bypass`,
    service,
    `real servers reply from ${service.vip} directly to the client; no reply passes through ${balancers.join(' or ')}`,
    traffic,
    (bed, t) => {
      const seen = departures(lab, service, t.packets);
      const wrong = seen.filter(
        (p) => p.src !== service.vip || p.srcPort !== service.port || !t.sources.includes(p.dst),
      );
      const passed = t.packets.filter(
        (p): p is Segment =>
          p.kind === service.protocol &&
          p.src === service.vip &&
          p.srcPort === service.port &&
          balancers.includes(bed.nameOfMac(p.dstMac)),
      );
      const words = [...seen, ...passed].map((p) => `${p.src} to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`);
      const silent = mute(lab, service, t, seen);
      return {
        ok: seen.length > 0 && wrong.length === 0 && passed.length === 0 && silent.length === 0,
        seen: `${tally(words)}${silent.map((n) => `, ${n} was asked and sent nothing`).join('')}`,
        evidence: pcap(seen, lab, service),
      };
    },
  );
}

/**
 * Checks that the client receives replies only from the VIP: from the active director, or, where replies bypass it,
 * from no director at all.
 */
export function replyCheck(lab: Lab, service: Service, traffic: GetTraffic, from: Wire['reply']): CheckSpec {
  const sender = from === 'director' ? 'sent by the active director' : 'and none is sent by a director';
  return judged(
    `${service.mode}.reply`,
    service,
    `the client gets every reply from ${endpoint(service.vip, service.port)}, ${sender}`,
    traffic,
    (bed, t) => {
      const seen = heard(service, t.client, t.packets);
      const sent = (p: Segment) =>
        from === 'director' ? fromOneOf(t.directors, p) : !directors(lab).some((d) => macsOf(d).includes(p.srcMac));
      const wrong = seen.filter((p) => p.src !== service.vip || p.srcPort !== service.port || !sent(p));
      return {
        ok: seen.length > 0 && wrong.length === 0,
        seen: tally(seen.map((p) => `${endpoint(p.src, p.srcPort)} from ${bed.nameOfMac(p.srcMac)}`)),
        evidence: pcap(seen, lab, service),
      };
    },
  );
}
