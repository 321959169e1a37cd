import type { CheckSpec } from '../checks/check.ts';
import type { Traffic } from '../checks/traffic.ts';
import type { Lab, LabNode, Service } from '../lab/model.ts';

/** Something a mode needs that the lab does not have; at the node when one is named, else at the service. */
export interface Lack {
  readonly node?: string;
  readonly message: string;
}

/** What a director does for a service of this mode, beside its IPVS table. */
export interface DirectorPart {
  /** Addresses it must have: on which interface, whether or not it is master. */
  readonly addresses: readonly { readonly address: string; readonly interface: string }[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Lines of `tc -batch`, run once the addresses are there. */
  readonly tc: readonly string[];
}

/** A forwarding mode: all that director and real server need, and what must then be seen on the wire. */
export interface Mode {
  /** The lb_kind of keepalived.conf(5) under which kernel IPVS forwards. */
  readonly keepalivedKind: string;
  /** The Forward column of `ipvsadm -Ln`. */
  readonly forward: string;
  /** What the lab lacks for this mode; each becomes a mistake of the lab file. */
  lacks(service: Service, directors: readonly LabNode[]): readonly Lack[];
  director(service: Service, node: LabNode): DirectorPart;
  /** The mode's promise as checks over the packets of one stretch of traffic. */
  contract(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[];
}
