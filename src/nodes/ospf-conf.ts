import type { Lab } from '../model/lab.ts';
import { familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { networkOf, parseSubnet } from '../net/cidr.ts';
import { type Announced, type Announcement, retransmission, vipsOf } from './domain.ts';
import { routerId } from './router-id.ts';

/** Reference bandwidth of link costs in Mbit/s, as in the DPVS tutorial. */
export const REFERENCE_BANDWIDTH = 1000;

/** The block of ospfd's own settings. */
const ROUTER = 'router ospf';

/** Returns ospfd.conf (FRR, OSPFv2): timers on each link, and the links and VIPs as networks of the area. */
export function ospfConf(
  lab: Lab,
  node: LabNode,
  domains: readonly OspfDomain[],
  announced: readonly Announcement[],
): string {
  const links = domains.flatMap((o) =>
    node.interfaces.filter((i) => o.segments.includes(i.segment)).map((card) => ({ domain: o, card })),
  );
  const networks = links.flatMap(({ domain, card }) =>
    card.addresses
      .filter((a) => familyOf(a.address) === 4)
      .flatMap((a) => {
        const subnet = parseSubnet(`${a.address}/${a.prefix}`);
        const network = subnet && networkOf(subnet);
        return network ? [` network ${network.address.text}/${network.prefix} area ${domain.area}`] : [];
      }),
  );
  return `${[
    ...links.flatMap(({ domain, card }) => [
      `interface ${card.name}`,
      ` ip ospf hello-interval ${domain.hello / 1000}`,
      ` ip ospf dead-interval ${domain.dead / 1000}`,
      ` ip ospf retransmit-interval ${retransmission(domain) / 1000}`,
      ' ip ospf network point-to-point',
      ...(domain.bfd ? [' ip ospf bfd', ` ip ospf bfd profile ${domain.name}`] : []),
    ]),
    ROUTER,
    ` ospf router-id ${routerId(lab, node)}`,
    ' log-adjacency-changes',
    ` auto-cost reference-bandwidth ${REFERENCE_BANDWIDTH}`,
    ...throttling(Math.min(...domains.map((o) => o.throttle))),
    ...networks,
    ...announced.filter((a) => a.within[0] === ROUTER).map((a) => ` ${a.line}`),
  ].join('\n')}\n`;
}

/**
 * Returns the lines that set how often an announcement may change and routes may be recalculated; none if FRR's own
 * five seconds apply. Every incoming announcement is accepted: FRR was observed to announce two changes nine
 * milliseconds apart, and a receiver drops one that arrives too soon (MinLSArrival), and gets it again only after the
 * retransmission interval.
 */
function throttling(ms: number): string[] {
  if (ms >= 5000) return [];
  return [` timers throttle lsa all ${ms}`, ' timers lsa min-arrival 0', ` timers throttle spf 0 ${ms} ${ms}`];
}

/** The highest metric of a redistributed route (ospfd and ospf6d of FRR). */
const WORST_METRIC = 'metric 16777214';
/** The interface that holds the VIPs, with the highest cost of a link. */
const [HOLDER, WORST_COST] = ['interface lo', 'ip ospf cost 65535'];

/** Returns what announces the IPv4 VIPs of a domain. */
export function ospfVips(lab: Lab, domain: OspfDomain, announced: Announced): readonly Announcement[] {
  if (announced === 'routes') return [redistribution(ROUTER)];
  return vipsOf(lab, domain).map((vip) => ({
    within: [ROUTER],
    line: `network ${vip}/32 area ${domain.area}`,
    last: [HOLDER, WORST_COST],
    usual: [HOLDER, `no ${WORST_COST}`],
  }));
}

/** Returns the announcement of the kernel's routes. */
export function redistribution(router: string): Announcement {
  // Type 1 adds the cost of the way to the director: of several, the nearest ones count.
  const line = 'redistribute kernel metric-type 1';
  return { within: [router], line, last: [router, `${line} ${WORST_METRIC}`], usual: [router, line] };
}
