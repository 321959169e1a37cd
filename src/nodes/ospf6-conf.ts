import type { Lab } from '../model/lab.ts';
import { linkTo } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { type Announced, type Announcement, retransmission, vipsOf } from './domain.ts';
import { REFERENCE_BANDWIDTH, redistribution } from './ospf-conf.ts';
import { routerId } from './router-id.ts';

/** The block of ospf6d's own settings. */
const ROUTER = 'router ospf6';

/**
 * Returns ospf6d.conf (FRR, OSPFv3, RFC 5340): timers on each link, and the links and the interfaces that hold VIPs as
 * parts of the area.
 */
export function ospf6Conf(
  lab: Lab,
  node: LabNode,
  domains: readonly OspfDomain[],
  announced: readonly Announcement[],
): string {
  const throttle = Math.min(...domains.map((o) => o.throttle));
  const holders = [...new Set(announced.filter((a) => a.line.startsWith('ipv6 ospf6 ')).map((a) => a.within[0]))];
  return `${[
    ...domains.flatMap((domain) =>
      node.interfaces
        .filter((i) => domain.segments.includes(i.segment))
        .flatMap((card) => [
          `interface ${card.name}`,
          ` ipv6 ospf6 area ${domain.area}`,
          ` ipv6 ospf6 hello-interval ${domain.hello / 1000}`,
          ` ipv6 ospf6 dead-interval ${domain.dead / 1000}`,
          ` ipv6 ospf6 retransmit-interval ${retransmission(domain) / 1000}`,
          ' ipv6 ospf6 network point-to-point',
          ...(domain.bfd ? [` ipv6 ospf6 bfd profile ${domain.name}`] : []),
        ]),
    ),
    ...holders.flatMap((within) => [
      within ?? '',
      ...announced.filter((a) => a.within[0] === within).map((a) => ` ${a.line}`),
      ' ipv6 ospf6 passive',
    ]),
    ROUTER,
    ` ospf6 router-id ${routerId(lab, node)}`,
    ' log-adjacency-changes',
    ` auto-cost reference-bandwidth ${REFERENCE_BANDWIDTH}`,
    ' timers lsa min-arrival 0',
    ...(throttle >= 5000 ? [] : [` timers throttle spf 0 ${throttle} ${throttle}`]),
    ...announced.filter((a) => a.within[0] === ROUTER).map((a) => ` ${a.line}`),
  ].join('\n')}\n`;
}

/** The highest cost of a link (ospf6d of FRR). */
const WORST_COST = 'ipv6 ospf6 cost 65535';

/** Returns what announces the IPv6 VIPs of a domain: OSPFv3 runs on interfaces, and announces their addresses. */
export function ospf6Vips(lab: Lab, domain: OspfDomain, node: LabNode, announced: Announced): readonly Announcement[] {
  if (announced === 'routes') return [redistribution(ROUTER)];
  const links = node.interfaces.filter((i) => domain.segments.includes(i.segment)).map((i) => i.name);
  return vipsOf(lab, domain)
    .map((vip) => linkTo(node, vip)?.name ?? 'lo')
    .filter((name) => !links.includes(name))
    .map((name) => `interface ${name}`)
    .map((holder) => ({
      within: [holder],
      line: `ipv6 ospf6 area ${domain.area}`,
      last: [holder, WORST_COST],
      usual: [holder, `no ${WORST_COST}`],
    }));
}
