import { type Domain, isBgp } from '../model/bgp.ts';
import type { Lab } from '../model/lab.ts';
import { domainsIn, serviceOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';

/** Returns the retransmission interval in milliseconds: OSPF's own five seconds, but at most a hello interval. */
export function retransmission(domain: OspfDomain): number {
  return Math.min(5000, domain.hello);
}

/** Returns the domains in which a node runs a routing protocol. */
export function domainsOf(lab: Lab, node: LabNode): readonly Domain[] {
  return domainsIn(lab).filter((o) => [...o.members, ...o.routers].includes(node.name));
}

/** The daemons of FRR that speak routing protocols. */
export const DAEMONS = ['ospfd', 'ospf6d', 'bgpd'] as const;
export type Daemon = (typeof DAEMONS)[number];

/** Returns the daemon that speaks a domain's protocol. */
export function daemonOf(domain: Domain): Daemon {
  if (isBgp(domain)) return 'bgpd';
  return domain.family === 6 ? 'ospf6d' : 'ospfd';
}

/**
 * Where a director's VIPs are for its routing protocol: `addresses` on an interface, or `routes` of the kernel, which
 * drop packets, while another program answers for the VIPs (redistribution, RFC 2328 §16.4).
 */
export type Announced = 'addresses' | 'routes';

/** A line of FRR's configuration that announces VIPs of a director, and the blocks in which it stands, outside first. */
export interface Announcement {
  readonly within: readonly string[];
  readonly line: string;
  /** The lines that make the director the last choice for these VIPs, and those that make it a choice like the others. */
  readonly last: readonly string[];
  readonly usual: readonly string[];
}

/** Returns the VIPs that a domain announces, each once. */
export function vipsOf(lab: Lab, domain: Domain): readonly string[] {
  return [...new Set(domain.services.map((s) => serviceOf(lab, s).vip))];
}
