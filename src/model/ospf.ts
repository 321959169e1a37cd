/** Directors that all announce the same VIPs to routers, which distribute connections among them (OSPF with ECMP). */
export interface OspfDomain {
  readonly name: string;
  /** The family of its VIPs: OSPF version 2 announces IPv4, OSPFv3 IPv6. */
  readonly family: 4 | 6;
  /** The segments that run OSPF, each a link between a director and a router. */
  readonly segments: readonly string[];
  readonly area: string;
  /** Milliseconds between two hellos, and without a hello until a neighbour counts as dead. */
  readonly hello: number;
  readonly dead: number;
  readonly bfd?: Bfd;
  /** Milliseconds between two versions of the same announcement (RFC 2328, MinLSInterval). */
  readonly throttle: number;
  /** The directors that announce, and the routers that receive. */
  readonly members: readonly string[];
  readonly routers: readonly string[];
  readonly services: readonly string[];
}

/**
 * Bidirectional forwarding detection (RFC 5880): the number of consecutive missed packets, and the interval between two
 * in milliseconds.
 */
export interface Bfd {
  readonly every: number;
  readonly misses: number;
}
