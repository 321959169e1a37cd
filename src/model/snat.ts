import type { SnatProtocol } from './words.ts';

/** Hosts of a network reach the outside under an address of the director. */
export interface SnatRule {
  readonly name: string;
  /** Network in CIDR form. */
  readonly from: string;
  /** The address that the outside sees. */
  readonly to: string;
  /** The director's interface or device towards the outside. */
  readonly out: string;
  readonly director: string;
  readonly protocols: readonly SnatProtocol[];
  /** A node of `from`, and the address of one outside, between whom it is shown. */
  readonly inside: string;
  readonly outside: string;
  /** The port that the outside answers on, TCP and UDP alike. */
  readonly port: number;
}
