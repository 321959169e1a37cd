/** What the wires show of a balanced connection. */
export interface Wire {
  /**
   * The source address that a real server sees: the client's own, a LIP of the active director, or one of the director's
   * own addresses.
   */
  readonly source: 'client' | 'lip' | 'director';
  /** The destination of a packet that arrives at the real server: the real server, or still the VIP. */
  readonly target: 'real' | 'vip';
  /** The encapsulation of the packet on its way to the real server. */
  readonly outer: 'none' | 'ipip';
  /** The address to which a real server replies. */
  readonly back: 'client' | 'lip' | 'director';
  /**
   * The node that sends the reply to the client: the active director, or no director, in which case no director sees
   * the reply.
   */
  readonly reply: 'director' | 'others';
}

/**
 * A forwarding mode: a promise about the wire, and what it requires of a lab. It is data: checks/mode.ts derives the
 * checks from it, nodes/realserver.ts a real server's part, and a director's driver implements the promise.
 */
export interface Mode {
  readonly wire: Wire;
  /** Whether every director needs a LIP of the service's family. */
  readonly needsLips: boolean;
  /** Whether every director needs a common segment with each real server. */
  readonly needsSegment: boolean;
  /** Whether a real server may listen on a different port from the service's. */
  readonly mapsPorts: boolean;
}
