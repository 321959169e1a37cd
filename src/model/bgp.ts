import type { Bfd, OspfDomain } from './ospf.ts';

/** Directors that all announce the same VIPs to routers by BGP (RFC 4271), with ECMP. */
export interface BgpDomain {
  readonly name: string;
  readonly family: 4 | 6;
  /** The segments that carry sessions, each between directors and routers. */
  readonly segments: readonly string[];
  /** The autonomous systems of the directors, and of the routers. */
  readonly as: number;
  readonly peer: number;
  /** Milliseconds between two keepalives, and without any message until a neighbour counts as dead. */
  readonly keepalive: number;
  readonly hold: number;
  readonly bfd?: Bfd;
  readonly members: readonly string[];
  readonly routers: readonly string[];
  readonly services: readonly string[];
}

/** Directors that announce the same VIPs by a routing protocol. */
export type Domain = OspfDomain | BgpDomain;

export function isBgp(domain: Domain): domain is BgpDomain {
  return 'as' in domain;
}
