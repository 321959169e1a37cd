import type { Supervision } from './health.ts';
import type { SnatProtocol } from './words.ts';

/** Hosts of a network reach the outside from an address of the director. */
export interface SnatRule extends Supervision {
  readonly name: string;
  /** Network in CIDR form. */
  readonly from: string;
  /** The source address that the outside sees. */
  readonly to: string;
  /** The director's interface or device towards the outside. */
  readonly out: string;
  /** The director's interface or device on which packets arrive; any if absent. */
  readonly in?: string;
  /** Network in CIDR form: only packets to it are translated; all if absent. */
  readonly destination?: string;
  readonly director: string;
  readonly protocols: readonly SnatProtocol[];
  /** A node in `from`, and the address of a node outside: the contract is checked between them. */
  readonly inside: string;
  readonly outside: string;
  /** The port on which the outside node answers, for both TCP and UDP. */
  readonly port: number;
}

/** The weight of a rule's address where addresses have weights (DPVS tutorial, SNAT mode). */
export const SNAT_WEIGHT = 100;
