import type { Lab } from '../model/lab.ts';
import type { HostAddress, LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Mode } from '../model/words.ts';
import type { Block } from './blocks.ts';
import type { Script } from './keepalived-scripts.ts';

/**
 * The parts of keepalived.conf that depend on the load balancer: a driver whose keepalived has another syntax supplies
 * its own.
 */
export interface Dialect {
  /** Returns the lines of `global_defs` about the balancer. */
  globals(lab: Lab, node: LabNode): readonly string[];
  /** Returns the blocks that stand before the VRRP instances. */
  blocks(lab: Lab, node: LabNode): readonly Block[];
  /** Returns the names of scripts in those blocks that every VRRP instance tracks. */
  readonly tracks: readonly string[];
  /** Returns the lines of a `vrrp_instance` that name its interface. */
  interface(node: LabNode, device: string): readonly string[];
  /** Returns the line of an address that an instance moves: to this device, or to the instance's own one. */
  address(address: HostAddress, device: string | undefined): string;
  /** Returns the blocks that a service's `virtual_server` refers to, and how its own head names it. */
  server(node: LabNode, service: Service): { readonly before: readonly Block[]; readonly head: string };
  /** Returns the script that runs whenever an instance of this director changes its state; undefined if there is none. */
  notify(lab: Lab, node: LabNode, instance: VrrpInstance): Script | undefined;
  /** Returns the lines of a `virtual_server` that define how it is balanced. */
  balancing(lab: Lab, node: LabNode, service: Service): readonly string[];
  /** Returns the lines of a `real_server` with another forwarding mode than its service's. */
  forwarding(mode: Mode): readonly string[];
}
