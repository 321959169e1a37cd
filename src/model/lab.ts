import type { BgpDomain } from './bgp.ts';
import type { LabNode } from './node.ts';
import type { OspfDomain } from './ospf.ts';
import type { Service, Timeouts } from './service.ts';
import type { SnatRule } from './snat.ts';
import type { Step } from './step.ts';
import type { VrrpInstance } from './vrrp.ts';
import type { AdviceId } from './words.ts';

/**
 * A resolved lab, the input of all later stages: complete and explicit, plain data, no YAML. It is stored as JSON with
 * the running lab, so it contains no functions and no local paths.
 */
export interface Lab {
  /** The name of the running copy: the lab's own, or the value of `--name`. */
  readonly name: string;
  /** The name in the lab file. */
  readonly lab: string;
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly nodes: readonly LabNode[];
  readonly services: readonly Service[];
  readonly snat: readonly SnatRule[];
  readonly vrrp: readonly VrrpInstance[];
  readonly ospf: readonly OspfDomain[];
  /** Absent if there is none. */
  readonly bgp?: readonly BgpDomain[];
  /** How long the directors keep connections; the kernel's own timeouts if absent. */
  readonly timeouts?: Timeouts;
  readonly scenario: readonly Step[];
  /** Advice that does not apply to it, each with the reason; absent if all may. */
  readonly advice?: Readonly<Partial<Record<AdviceId, string>>>;
}

export interface Segment {
  readonly name: string;
  /** Networks in CIDR form with host bits cleared; empty on a bare link. */
  readonly subnets: readonly string[];
  /** Bytes of the largest IP packet that it carries, if not 1500. */
  readonly mtu?: number;
}
