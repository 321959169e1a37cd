/** Directors that all announce the same VIPs to routers, which spread connections over them (OSPF with ECMP). */
export interface OspfDomain {
  readonly name: string;
  /** The segments on which OSPF is spoken, each a link between a director and a router. */
  readonly segments: readonly string[];
  readonly area: string;
  /** Milliseconds between two hellos, and of silence until a neighbour counts as dead. */
  readonly hello: number;
  readonly dead: number;
  readonly bfd?: Bfd;
  /** Milliseconds between two versions of one announcement (RFC 2328, MinLSInterval). */
  readonly throttle: number;
  /** The directors that announce, and the routers that listen. */
  readonly members: readonly string[];
  readonly routers: readonly string[];
  readonly services: readonly string[];
}

/** Bidirectional forwarding detection (RFC 5880): so many packets missed in a row, each so many milliseconds after the other. */
export interface Bfd {
  readonly every: number;
  readonly misses: number;
}
