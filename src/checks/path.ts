import type { Lab, LabNode, Service } from '../lab/model.ts';
import { directors, nodeOf } from '../lab/model.ts';
import { endpoint } from '../net/cidr.ts';
import type { TcpPacket } from '../net/packet.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec, Observation } from './check.ts';
import { REQUESTS, type Traffic, tcp } from './traffic.ts';

type GetTraffic = () => Promise<Traffic>;

/** Checks that judge one stretch of traffic: it is there already, and looking again would not change it. */
function judged(
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

/** Distinct values with how often each was seen: `rs1 ×10, rs2 ×10`. */
export function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts].map(([v, n]) => `${v} ×${n}`).join(', ') || 'nothing';
}

/** Every request is answered by a real server of the service. */
export function answersCheck(service: Service, traffic: GetTraffic): CheckSpec {
  const names = service.reals.map((r) => r.node);
  const asked = new Set(service.reals.map((r) => endpoint(r.address, r.port)));
  return judged(
    'service.answers',
    service,
    `${REQUESTS} connections to ${endpoint(service.vip, service.port)} are answered by ${names.join(' and ')}`,
    traffic,
    (_bed, t) => {
      const good = t.requests.filter((r) => r.status === 200 && names.includes(r.server) && asked.has(r.asked));
      const bad = t.requests
        .filter((r) => !good.includes(r))
        .map((r) => (r.status === 0 ? 'no answer' : `status ${r.status} from ${r.server || 'somebody unknown'}`));
      return {
        ok: good.length === REQUESTS,
        seen: `${good.length} answered (${tally(good.map((r) => r.server))})${bad.length > 0 ? `, ${tally(bad)}` : ''}`,
        evidence: t.evidence,
      };
    },
  );
}

/** Opening packets of connections that were balanced: towards a real server, not a director's own checks. */
function openings(lab: Lab, service: Service, t: Traffic): readonly TcpPacket[] {
  const own = new Set(directors(lab).flatMap((d) => d.interfaces.map((i) => i.address)));
  return tcp(t.packets).filter(
    (p) => p.syn && !p.ack && !own.has(p.src) && service.reals.some((r) => r.address === p.dst && r.port === p.dstPort),
  );
}

/** Packets that real servers sent for connections that were balanced. */
function replies(lab: Lab, service: Service, t: Traffic): readonly TcpPacket[] {
  const own = new Set(directors(lab).flatMap((d) => d.interfaces.map((i) => i.address)));
  return tcp(t.packets).filter((p) => {
    const real = service.reals.find((r) => r.address === p.src && r.port === p.srcPort);
    return real !== undefined && !own.has(p.dst) && nodeOf(lab, real.node).interfaces.some((i) => i.mac === p.srcMac);
  });
}

function pcap(packets: readonly TcpPacket[], service: Service, bedSegments: readonly string[]): string[] {
  const segments = [...new Set(packets.map((p) => p.segment))];
  return (segments.length > 0 ? segments : bedSegments).map((s) => `${s}.pcap (tcp.port == ${service.port})`);
}

/** What a real server sees as the other end of a balanced connection. */
export function sourceCheck(
  lab: Lab,
  service: Service,
  traffic: GetTraffic,
  rule: { promise: string; allowed: (director: LabNode) => readonly string[]; called: string },
): CheckSpec {
  return judged(`${service.mode}.source`, service, rule.promise, traffic, (bed, t) => {
    const allowed = rule.allowed(t.director);
    const seen = openings(lab, service, t);
    const mac = bed.macTowards(t.director, service.reals[0]?.address ?? '');
    const wrong = seen.filter((p) => !allowed.includes(p.src) || p.srcMac !== mac);
    const words = seen.map((p) => `${p.src} from ${bed.nameOfMac(p.srcMac)}`);
    const told = t.requests.filter(
      (r) =>
        r.status === 200 &&
        !allowed.some((a) => r.seenClient.startsWith(`${a}:`) || r.seenClient.startsWith(`[${a}]:`)),
    );
    return {
      ok: seen.length > 0 && wrong.length === 0 && told.length === 0,
      seen: `${tally(words)}; ${rule.called} of ${t.director.name}: ${allowed.join(', ') || 'none'}`,
      evidence: [
        ...pcap(
          seen,
          service,
          lab.segments.map((s) => s.name),
        ),
        ...t.evidence,
      ],
    };
  });
}

/** Replies go to the director's LIP, on the director's own MAC address. */
export function returnPathCheck(lab: Lab, service: Service, traffic: GetTraffic): CheckSpec {
  return judged(
    `${service.mode}.return`,
    service,
    'replies of the real servers go back to that LIP, through the director in charge',
    traffic,
    (bed, t) => {
      const lips = t.director.lips.map((l) => l.address);
      const seen = replies(lab, service, t);
      const mac = bed.macTowards(t.director, service.reals[0]?.address ?? '');
      const wrong = seen.filter((p) => !lips.includes(p.dst) || p.dstMac !== mac);
      return {
        ok: seen.length > 0 && wrong.length === 0,
        seen: tally(seen.map((p) => `to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`)),
        evidence: pcap(
          seen,
          service,
          lab.segments.map((s) => s.name),
        ),
      };
    },
  );
}

/** The client hears the VIP and nobody else, from the director. */
export function clientSideCheck(lab: Lab, service: Service, traffic: GetTraffic): CheckSpec {
  return judged(
    `${service.mode}.reply`,
    service,
    `the client gets every reply from ${endpoint(service.vip, service.port)}, sent by the director in charge`,
    traffic,
    (bed, t) => {
      const address = bed.towards(t.client, service.vip).address;
      const seen = tcp(t.packets).filter(
        (p) => p.dst === address && (p.src === service.vip || service.reals.some((r) => r.address === p.src)),
      );
      const mac = bed.macTowards(t.director, service.vip);
      const wrong = seen.filter((p) => p.src !== service.vip || p.srcPort !== service.port || p.srcMac !== mac);
      return {
        ok: seen.length > 0 && wrong.length === 0,
        seen: tally(seen.map((p) => `${endpoint(p.src, p.srcPort)} from ${bed.nameOfMac(p.srcMac)}`)),
        evidence: pcap(
          seen,
          service,
          lab.segments.map((s) => s.name),
        ),
      };
    },
  );
}

/** Every director answers ARP for its own LIPs: else replies never find back. */
export function lipHeldCheck(lab: Lab, service: Service): CheckSpec {
  const expected = directors(lab).flatMap((d) => d.lips.map((l) => ({ director: d, lip: l.address })));
  return {
    id: 'fnat.lip',
    subject: service.name,
    promise: `each director answers for its own LIPs: ${expected.map((e) => `${e.lip} on ${e.director.name}`).join(', ')}`,
    within: 3000,
    every: 100,
    look: async (bed) => {
      const asker = nodeOf(lab, service.reals[0]?.node ?? '');
      const answers = await askArp(
        bed,
        asker,
        expected.map((e) => e.lip),
      );
      const wrong = expected.filter((e) => {
        const macs = answers.get(e.lip) ?? [];
        return macs.length !== 1 || macs[0] !== bed.macTowards(e.director, e.lip);
      });
      const seen = expected
        .map(
          (e) =>
            `${e.lip}: ${(answers.get(e.lip) ?? []).map((m) => bed.nameOfMac(m)).join(' and ') || 'nobody answers'}`,
        )
        .join(', ');
      return { ok: wrong.length === 0, seen, evidence: lab.segments.map((s) => `${s.name}.pcap (arp)`) };
    },
  };
}

/** Asks by ARP for addresses, from a node, three times by broadcast so that a second holder is heard too, and returns the MAC addresses that answered for each, as the wire showed. */
export async function askArp(
  bed: Bed,
  from: LabNode,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const start = bed.wire.newest;
  const asks = addresses.map(
    (a) => `(for i in 1 2 3; do arping -q -b -c 1 -w 1 -I ${bed.towards(from, a).name} ${a} || break; done) &`,
  );
  await bed.run(from.name, ['sh', '-c', `${asks.join(' ')} wait`]);
  const own = new Set(from.interfaces.map((i) => i.mac));
  const answers = new Map<string, string[]>();
  for (const p of bed.wire.since(start)) {
    if (p.kind !== 'arp' || p.op !== 'reply' || !own.has(p.dstMac) || !addresses.includes(p.sender)) continue;
    const macs = answers.get(p.sender) ?? [];
    if (!macs.includes(p.senderMac)) answers.set(p.sender, [...macs, p.senderMac]);
  }
  return answers;
}

/** Only the director in charge answers ARP for the VIP. */
export function vipCheck(service: Service): CheckSpec {
  return {
    id: 'vip.arp',
    subject: service.name,
    promise: `only the director in charge answers ARP for ${service.vip}`,
    within: 2000,
    every: 100,
    look: async (bed) => {
      const director = bed.inCharge(service);
      const macs = (await askArp(bed, bed.client, [service.vip])).get(service.vip) ?? [];
      return {
        ok: macs.length === 1 && macs[0] === bed.macTowards(director, service.vip),
        seen: `${macs.map((m) => bed.nameOfMac(m)).join(' and ') || 'nobody'} answered; ${director.name} is in charge`,
        evidence: [`${bed.towards(bed.client, service.vip).segment}.pcap (arp.src.proto_ipv4 == ${service.vip})`],
      };
    },
  };
}
