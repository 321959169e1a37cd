import type { UserFile } from './node.ts';
import type { FaultKind } from './words.ts';

/** A reversible fault, as named by `lab fault` and scenarios: see src/faults/index.ts. */
export interface Fault {
  /** The fault as written: `kill:lb1/keepalived`. */
  readonly text: string;
  readonly kind: FaultKind;
  readonly node: string;
  /** The other node of a partition. */
  readonly other?: string;
  /** The target program, if the target is not the whole node; `kernel` is the node's own. */
  readonly program?: string;
  /** The segments whose wires are affected. */
  readonly segments: readonly string[];
  /** The amount: milliseconds, a share, bits per second, an address; see the fault. */
  readonly amount?: string;
  /** The file that a step of a scenario gives to the fault: another configuration. */
  readonly brings?: UserFile;
}
