import type { Lab } from '../model/lab.ts';
import { directors, familyOf, serviceOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import { networkOf, parseSubnet } from '../net/cidr.ts';
import { type NodePart, nothing, type Program } from './part.ts';

/** Reference bandwidth of link costs in Mbit/s, as in the DPVS tutorial. */
const REFERENCE_BANDWIDTH = 1000;

/** Returns the retransmission interval in milliseconds: OSPF's own five seconds, but at most a hello interval. */
export function retransmission(domain: OspfDomain): number {
  return Math.min(5000, domain.hello);
}

/** Returns the domains in which a node runs OSPF. */
export function domainsOf(lab: Lab, node: LabNode): readonly OspfDomain[] {
  return lab.ospf.filter((o) => [...o.members, ...o.routers].includes(node.name));
}

/**
 * Returns FRR on a director or router: mgmtd (without it, zebra logs errors constantly), zebra, ospfd, and bfdd if the
 * domain has BFD.
 */
export function routing(lab: Lab, node: LabNode, announced: Announced): NodePart {
  const domains = domainsOf(lab, node);
  if (domains.length === 0) return nothing;
  const program = (name: string, after: readonly string[], ...more: readonly string[]): Program => ({
    command: [
      ...['env', 'LD_PRELOAD=/usr/local/lib/frrcaps.so', `/usr/lib/frr/${name}`],
      ...['-u', 'root', '-g', 'frr', '--log', 'stdout', ...more],
    ],
    // The socket of FRR's own shell.
    ready: [`/run/frr/${name}.vty`],
    after,
  });
  const daemon = (name: string, after: string) => program(name, [after], '-f', `/etc/frr/${name}.conf`);
  const bfd = domains.some((o) => o.bfd);
  const daemons = ['zebra', ...(bfd ? ['bfdd'] : []), 'ospfd'];
  return {
    ...nothing,
    checks: daemons.map((name) => {
      const file = `/etc/frr/${name}.conf`;
      return { program: name, file, command: ['vtysh', '-C', '-f', file] };
    }),
    // Hash ports too, not only addresses, to distribute connections.
    sysctls: domains.some((o) => o.routers.includes(node.name)) ? { 'net.ipv4.fib_multipath_hash_policy': '1' } : {},
    files: {
      '/etc/frr/zebra.conf': `hostname ${node.name}\n`,
      '/etc/frr/ospfd.conf': ospfConf(lab, node, domains, announced),
      ...(bfd ? { '/etc/frr/bfdd.conf': bfdConf(domains) } : {}),
    },
    // zebra gets its configuration from mgmtd, the others get their interfaces and routes from zebra.
    programs: {
      mgmtd: program('mgmtd', []),
      ...Object.fromEntries(daemons.map((name) => [name, daemon(name, name === 'zebra' ? 'mgmtd' : 'zebra')])),
    },
  };
}

/** Returns ospfd.conf (FRR, OSPFv2): timers on each link, and the links and VIPs as networks of the area. */
function ospfConf(lab: Lab, node: LabNode, domains: readonly OspfDomain[], announced: Announced): string {
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
  const vips = domains
    .filter((o) => o.members.includes(node.name))
    .flatMap((o) => vipLines(lab, o, announced).map((line) => ` ${line}`));
  return `${[
    ...links.flatMap(({ domain, card }) => [
      `interface ${card.name}`,
      ` ip ospf hello-interval ${domain.hello / 1000}`,
      ` ip ospf dead-interval ${domain.dead / 1000}`,
      ` ip ospf retransmit-interval ${retransmission(domain) / 1000}`,
      ' ip ospf network point-to-point',
      ...(domain.bfd ? [' ip ospf bfd', ` ip ospf bfd profile ${domain.name}`] : []),
    ]),
    'router ospf',
    ` ospf router-id ${routerId(lab, node)}`,
    ' log-adjacency-changes',
    ` auto-cost reference-bandwidth ${REFERENCE_BANDWIDTH}`,
    ...throttling(Math.min(...domains.map((o) => o.throttle))),
    ...networks,
    ...vips,
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

/**
 * Where a director's VIPs are for OSPF: `addresses` on an interface, or `routes` of the kernel, which drop packets, while
 * another program answers for the VIPs (redistribution, RFC 2328 §16.4).
 */
export type Announced = 'addresses' | 'routes';

/**
 * Returns the lines of `router ospf` that announce a director's VIPs.
 */
export function vipLines(lab: Lab, domain: OspfDomain, announced: Announced): readonly string[] {
  // Type 1 adds the cost of the way to the director: of several, the nearest ones count.
  if (announced === 'routes') return ['redistribute kernel metric-type 1'];
  return [...new Set(domain.services.map((s) => serviceOf(lab, s).vip))].map(
    (vip) => `network ${vip}/32 area ${domain.area}`,
  );
}

/** Returns a director's LIP, as in the tutorial; else one of its own addresses. */
function routerId(lab: Lab, node: LabNode): string {
  const own = node.interfaces.flatMap((i) => i.addresses.map((a) => a.address)).find((a) => familyOf(a) === 4);
  return (directors(lab).includes(node) ? node.lips[0]?.address : undefined) ?? own ?? '0.0.0.1';
}

/** Returns a BFD profile for each domain that has BFD, with the domain's name. */
function bfdConf(domains: readonly OspfDomain[]): string {
  const profiles = domains.flatMap(({ name, bfd }) =>
    bfd
      ? [
          ` profile ${name}`,
          `  detect-multiplier ${bfd.misses}`,
          `  receive-interval ${bfd.every}`,
          `  transmit-interval ${bfd.every}`,
          ' exit',
        ]
      : [],
  );
  return `${['bfd', ...profiles].join('\n')}\n`;
}
