import type { Heart } from '../drivers/driver.ts';
import { driverOf } from '../drivers/index.ts';
import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import { nodeOf } from '../model/lookup.ts';

/**
 * Returns the heart of the director that a fault hits, if the fault's program is it: the program without which the
 * director leaves VRRP and OSPF by itself.
 */
export function heartOf(lab: Lab, fault: Fault): Heart | undefined {
  if (fault.program === undefined) return undefined;
  const node = nodeOf(lab, fault.node);
  const heart = node.driver ? driverOf(node).heart : undefined;
  return heart?.program === fault.program ? heart : undefined;
}
