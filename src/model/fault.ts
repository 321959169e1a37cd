import type { FaultKind } from './words.ts';

/** A reversible injury, as `lab fault` and a scenario name it: see src/faults/index.ts. */
export interface Fault {
  /** As it was written: `kill:lb1/keepalived`. */
  readonly text: string;
  readonly kind: FaultKind;
  readonly node: string;
  /** The other side of a partition. */
  readonly other?: string;
  /** The program that is meant, where the fault is not the whole node's; `kernel` is the node's own. */
  readonly program?: string;
  /** The segments whose wires are meant. */
  readonly segments: readonly string[];
  /** How much: milliseconds, a share, bits per second, an address; see the fault. */
  readonly amount?: string;
}
