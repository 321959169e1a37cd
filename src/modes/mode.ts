/** What the wires show of a balanced connection. */
export interface Wire {
  /** Whose address a real server sees: the client's own, or a LIP of the director in charge. */
  readonly source: 'client' | 'lip';
  /** What the packet is addressed to when it arrives there: the real server, or still the VIP. */
  readonly target: 'real' | 'vip';
  /** What it is wrapped in on its way there. */
  readonly outer: 'none' | 'ipip';
  /** Whom a real server replies to. */
  readonly back: 'client' | 'lip';
  /** Who sends the reply on to the client: the director in charge, or none of the directors, which then see no reply at all. */
  readonly reply: 'director' | 'others';
}

/**
 * A forwarding mode: a promise about the wire, and what a lab must have for it. It is data: the checks are made of it
 * in checks/mode.ts, a real server's part in nodes/realserver.ts, and how a director keeps the promise is its driver's.
 */
export interface Mode {
  readonly wire: Wire;
  /** Every director needs a LIP of the service's family. */
  readonly needsLips: boolean;
  /** Every director needs a segment in common with each real server. */
  readonly needsSegment: boolean;
  /** A real server may listen on another port than the service's. */
  readonly mapsPorts: boolean;
}
