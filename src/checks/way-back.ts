import type { Lab } from '../model/lab.ts';
import { askedPorts, directors, familyOf, linkTo, macsOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import { gatewaysOf } from '../model/way.ts';
import type { Wire } from '../modes/mode.ts';
import { endpoint } from '../net/cidr.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { framesOf } from './frames.ts';
import { fromOneOf, type GetTraffic, judged, mute, pcap, tally, toOneOf } from './path.ts';
import { reachedBy, replies } from './served.ts';
import { askedWords, heard, type Segment, type Traffic } from './traffic.ts';

/**
 * Returns the directors through which a real server's replies go: its gateways if any of them is active, else all of
 * them.
 */
function throughOf(lab: Lab, service: Service, t: Traffic, real: string): readonly LabNode[] {
  const names = gatewaysOf(lab, service, real);
  const active = t.directors.filter((d) => names.includes(d.name));
  return active.length > 0 ? active : names.map((n) => nodeOf(lab, n));
}

/** Returns the real servers of a service whose gateway towards its client is a director, and the others. */
function byGateway(lab: Lab, service: Service): { behind: readonly Real[]; free: readonly Real[] } {
  const behind = service.reals.filter((r) => gatewaysOf(lab, service, r.node).length > 0);
  return { behind, free: service.reals.filter((r) => !behind.includes(r)) };
}

/** Returns the packets that these real servers sent. */
function sentBy(lab: Lab, reals: readonly Real[], sent: readonly Segment[]): readonly Segment[] {
  const macs = reals.flatMap((r) => macsOf(nodeOf(lab, r.node)));
  return sent.filter((p) => macs.includes(p.srcMac));
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
    // An active director that is a real server itself replies to the client with nothing in between.
    const passing = t.directors.map((d) => d.name);
    const reals = service.reals.filter((r) => !passing.includes(r.node));
    const seen = sentBy(lab, reals, replies(lab, service, t));
    const wrong = seen.filter((p) => !to.includes(p.dst) || !toOneOf(lab, t.directors, p));
    const silent = mute(lab, service, t, { reals, sent: seen });
    return {
      ok: (seen.length > 0 || reals.length === 0) && wrong.length === 0 && silent.length === 0,
      seen: `${tally(seen.map((p) => `to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`))}${silentWords(silent)}`,
      evidence: pcap(seen, lab, service),
      frames: framesOf(seen, wrong),
    };
  });
}

function silentWords(silent: readonly string[]): string {
  return silent.map((n) => `, ${n} was asked and sent nothing`).join('');
}

/**
 * Returns the checks of replies that leave real servers under the VIP: they go directly to the client, and no director
 * sees one; or through the director that is the real server's gateway.
 */
export function bypassChecks(lab: Lab, service: Service, traffic: GetTraffic): readonly CheckSpec[] {
  const { behind, free } = byGateway(lab, service);
  return [
    ...(free.length > 0 ? [bypassCheck(lab, service, traffic, free)] : []),
    ...(behind.length > 0 ? [gatewayCheck(lab, service, traffic, behind)] : []),
  ];
}

function bypassCheck(lab: Lab, service: Service, traffic: GetTraffic, free: readonly Real[]): CheckSpec {
  const balancers = directors(lab).map((d) => d.name);
  const whose = free.length < service.reals.length ? free.map((r) => r.node).join(' and ') : 'real servers';
  return judged(
    `${service.mode}.bypass`,
    service,
    `${whose} ${free.length === 1 && whose !== 'real servers' ? 'replies' : 'reply'} from ${service.vip} directly to the client; no reply passes through ${balancers.join(' or ')}`,
    traffic,
    (bed, t) => {
      const seen = sentBy(lab, free, replies(lab, service, t));
      const wrong = seen.filter((p) => !isReply(service, t, p));
      const all = directors(lab).flatMap((d) => macsOf(d, lab));
      const reached = reachedBy(lab, service, t);
      const passed = t.packets.filter((p): p is Segment => {
        if (p.kind !== service.protocol || p.src !== service.vip || !askedPorts(service).includes(p.srcPort))
          return false;
        const server = reached.get(endpoint(p.dst, p.dstPort));
        return all.includes(p.dstMac) && (server === undefined || free.some((r) => r.node === server));
      });
      const words = [...seen, ...passed].map((p) => `${p.src} to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`);
      const silent = mute(lab, service, t, { reals: free, sent: seen });
      return {
        ok: seen.length > 0 && wrong.length === 0 && passed.length === 0 && silent.length === 0,
        seen: `${tally(words)}${silentWords(silent)}`,
        evidence: pcap(seen, lab, service),
        frames: framesOf([...seen, ...passed], [...wrong, ...passed]),
      };
    },
  );
}

/** Returns whether a packet is from the VIP to a client of this traffic. */
function isReply(service: Service, t: Traffic, p: Segment): boolean {
  return p.src === service.vip && askedPorts(service).includes(p.srcPort) && t.sources.includes(p.dst);
}

/** Checks that replies go from the VIP to the client, through the director that is the real server's gateway. */
function gatewayCheck(lab: Lab, service: Service, traffic: GetTraffic, behind: readonly Real[]): CheckSpec {
  const each = behind.map((r) => `${r.node} through ${gatewaysOf(lab, service, r.node).join(' or ')}`).join(', ');
  return judged(
    `${service.mode}.return`,
    service,
    `real servers reply from ${service.vip} to the client through the director that is their gateway: ${each}`,
    traffic,
    (bed, t) => {
      const seen = sentBy(lab, behind, replies(lab, service, t));
      const wrong = behind.flatMap((r) => {
        const through = throughOf(lab, service, t, r.node);
        return sentBy(lab, [r], seen).filter((p) => !isReply(service, t, p) || !toOneOf(lab, through, p));
      });
      const silent = mute(lab, service, t, { reals: behind, sent: seen });
      return {
        ok: seen.length > 0 && wrong.length === 0 && silent.length === 0,
        seen: `${tally(seen.map((p) => `${p.src} to ${p.dst} via ${bed.nameOfMac(p.dstMac)}`))}${silentWords(silent)}`,
        evidence: pcap(seen, lab, service),
        frames: framesOf(seen, wrong),
      };
    },
  );
}

/**
 * Checks that the client receives replies only from the VIP: from the active director; or, where replies bypass it, from
 * no director, unless that is the real server itself or its gateway.
 */
export function replyCheck(lab: Lab, service: Service, traffic: GetTraffic, from: Wire['reply']): CheckSpec {
  const id = `${service.mode}.reply`;
  const what = `the client gets every reply from ${askedWords(service)}`;
  const judge = async (bed: Bed, t: Traffic, sent: (p: Segment) => boolean) => {
    const seen = heard(service, t.client, t.packets);
    const wrong = seen.filter((p) => p.src !== service.vip || !askedPorts(service).includes(p.srcPort) || !sent(p));
    return {
      ok: seen.length > 0 && wrong.length === 0,
      seen: tally(seen.map((p) => `${endpoint(p.src, p.srcPort)} from ${bed.nameOfMac(p.srcMac)}`)),
      evidence: pcap(seen, lab, service),
      frames: framesOf(seen, wrong),
    };
  };
  if (from === 'director')
    return judged(id, service, `${what}, sent by the active director`, traffic, (bed, t) =>
      judge(bed, t, (p) => fromOneOf(t.directors, p)),
    );
  return judged(id, service, `${what}, ${senderWords(lab, service)}`, traffic, async (bed, t) => {
    const reached = reachedBy(lab, service, t);
    const told = await judge(bed, t, (p) => {
      const server = reached.get(endpoint(p.dst, p.dstPort));
      const through = server === undefined ? [] : throughOf(lab, service, t, server);
      if (through.length > 0) return fromOneOf(through, p);
      return !directors(lab).some((d) => d.name !== server && macsOf(d).includes(p.srcMac));
    });
    const lost = await lostWords(bed, service, t);
    return { ...told, ok: told.ok && lost.length === 0, seen: [told.seen, ...lost].join('; ') };
  });
}

function senderWords(lab: Lab, service: Service): string {
  const { behind, free } = byGateway(lab, service);
  const own = service.reals.filter((r) => nodeOf(lab, r.node).kind === 'director').map((r) => r.node);
  if (free.length === 0) return 'sent by the director that is the gateway of its real server';
  const but = [
    ...(own.length > 0 ? ['itself as the real server'] : []),
    ...(behind.length > 0 ? [`as the gateway of ${behind.map((r) => r.node).join(' and ')}`] : []),
  ];
  return `and none is sent by a director${but.length > 0 ? `, except ${but.join(' or ')}` : ''}`;
}

/**
 * Returns which directors got replies of real servers behind them and let none through to the client, with what on them
 * drops such replies, in words.
 */
async function lostWords(bed: Bed, service: Service, t: Traffic): Promise<readonly string[]> {
  const { lab } = bed;
  const reached = heard(service, t.client, t.packets).map((p) => endpoint(p.dst, p.dstPort));
  const words: string[] = [];
  for (const real of byGateway(lab, service).behind) {
    const sent = sentBy(lab, [real], replies(lab, service, t));
    for (const director of throughOf(lab, service, t, real.node)) {
      const given = sent.filter((p) => macsOf(director, lab).includes(p.dstMac));
      if (given.length === 0 || given.some((p) => reached.includes(endpoint(p.dst, p.dstPort)))) continue;
      const why = await dropsBecause(bed, service, director, real);
      words.push(`${director.name} does not pass on the replies of ${real.node}${why.length > 0 ? `: ${why}` : ''}`);
    }
  }
  return words;
}

/**
 * Returns why a director drops a packet of a real server whose source is the director's own VIP, in words; empty if
 * nothing tells. It must forward; for IPv4 it must also accept packets from its own addresses, which else are martians,
 * and not insist that they come in where its replies would go out (ip-sysctl: accept_local, rp_filter).
 */
async function dropsBecause(bed: Bed, service: Service, director: LabNode, real: Real): Promise<string> {
  const dev = linkTo(director, real.address)?.name ?? 'all';
  const of = async (name: string, where: string) => {
    const { code, stdout } = await bed.tryRun(director.name, ['cat', `/proc/sys/net/${name.replace('*', where)}`]);
    return code === 0 ? Number(stdout.trim()) : undefined;
  };
  const family = familyOf(service.vip);
  const forwarding = family === 4 ? 'ipv4/conf/*/forwarding' : 'ipv6/conf/*/forwarding';
  const why: string[] = [];
  if ((await of(forwarding, family === 4 ? dev : 'all')) === 0)
    why.push(family === 4 ? 'net.ipv4.ip_forward is 0' : 'net.ipv6.conf.all.forwarding is 0');
  if (family === 6) return why.join(', ');
  const local = [await of('ipv4/conf/*/accept_local', 'all'), await of('ipv4/conf/*/accept_local', dev)];
  if (local.every((value) => value === 0))
    why.push(`net.ipv4.conf.${dev}.accept_local is 0, so a packet from its own address ${service.vip} is a martian`);
  const strict = [await of('ipv4/conf/*/rp_filter', 'all'), await of('ipv4/conf/*/rp_filter', dev)];
  if (Math.max(...strict.map((value) => value ?? 0)) === 1)
    why.push(`rp_filter is 1 on ${dev}, which takes ${service.vip} for a forged source`);
  return why.join(', ');
}
