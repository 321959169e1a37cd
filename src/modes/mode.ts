import type { CheckSpec } from '../checks/check.ts';
import type { Traffic } from '../checks/traffic.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { NodePart } from '../nodes/part.ts';

/** Something a mode needs that the lab does not have; at the node when one is named, else at the service. */
export interface Lack {
  readonly node?: string;
  readonly message: string;
}

/** A forwarding mode: all that director and real server need, and what must then be seen on the wire. */
export interface Mode {
  /** The lb_kind of keepalived.conf(5) under which kernel IPVS forwards. */
  readonly keepalivedKind: string;
  /** The Forward column of `ipvsadm -Ln`. */
  readonly forward: string;
  /** What the lab lacks for this mode; each becomes a mistake of the lab file. */
  lacks(service: Service, nodes: readonly LabNode[], services: readonly Service[]): readonly Lack[];
  /** What a director does for a service of this mode, beside its VIP and its IPVS table. */
  director(service: Service, node: LabNode): NodePart;
  /** What a real server does for it, beside its program. */
  realserver(service: Service, node: LabNode): NodePart;
  /** The mode's promise as checks over the packets of one stretch of traffic. */
  contract(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[];
  /** Who must answer for which address, beside the VIP. */
  held?(lab: Lab, service: Service): readonly CheckSpec[];
  /** Promises that need traffic of their own, and run alone. */
  trials?(lab: Lab, service: Service): readonly CheckSpec[];
}
