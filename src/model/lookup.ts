import { contains, parseAddress, parseSubnet } from '../net/cidr.ts';
import type { HealthCheck } from './health.ts';
import type { Lab } from './lab.ts';
import type { Device, Interface, LabNode } from './node.ts';
import type { OspfDomain } from './ospf.ts';
import type { Real, Service } from './service.ts';
import type { VrrpInstance, VrrpMember } from './vrrp.ts';

/** An interface or a device: anything of a node that frames go through. */
export type Link = Interface | Device;

/** All links of a node, its interfaces first. */
export function linksOf(node: LabNode): readonly Link[] {
  return [...node.interfaces, ...node.devices];
}

/** All addresses that the lab gives a node itself: no VIP and no LIP. */
export function addressesOf(node: LabNode): readonly string[] {
  return linksOf(node).flatMap((l) => l.addresses.map((a) => a.address));
}

/** The MAC addresses under which a node sends. */
export function macsOf(node: LabNode): readonly string[] {
  return linksOf(node).map((l) => l.mac);
}

/** The link of a node whose subnet holds an address, if it has one. */
export function linkTo(node: LabNode, address: string): Link | undefined {
  const target = parseAddress(address);
  return linksOf(node).find((link) =>
    link.addresses.some((own) => {
      const subnet = parseSubnet(`${own.address}/${own.prefix}`);
      return target && subnet && contains(subnet, target);
    }),
  );
}

/** The family of an address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** The node of that name. It exists: resolve has seen to it. */
export function nodeOf(lab: Lab, name: string): LabNode {
  return found(
    lab.nodes.find((n) => n.name === name),
    `node ${name}`,
  );
}

/** The client that speaks to services: the lab's first. */
export function clientOf(lab: Lab): LabNode {
  return found(
    lab.nodes.find((n) => n.kind === 'client'),
    'client',
  );
}

/** The service of that name. It exists: resolve has seen to it. */
export function serviceOf(lab: Lab, name: string): Service {
  return found(
    lab.services.find((s) => s.name === name),
    `service ${name}`,
  );
}

/** The VRRP instance that moves a service's VIP, if any does. */
export function vrrpOf(lab: Lab, service: string): VrrpInstance | undefined {
  return lab.vrrp.find((v) => v.services.includes(service));
}

/** The VRRP instances that a director is a member of. */
export function instancesOf(lab: Lab, node: LabNode): readonly VrrpInstance[] {
  return lab.vrrp.filter((v) => v.members.some((m) => m.node === node.name));
}

/** The OSPF domain that announces a service's VIP, if any does. */
export function ospfOf(lab: Lab, service: string): OspfDomain | undefined {
  return lab.ospf.find((o) => o.services.includes(service));
}

/** The VRRP instances that a service stands on: the one that moves its VIP, those of its sync group, and those that move no service but a gateway. */
export function instancesUnder(lab: Lab, service: string): readonly VrrpInstance[] {
  const own = vrrpOf(lab, service);
  const synced = (v: VrrpInstance) => v.sync !== undefined && v.sync === own?.sync;
  return own ? lab.vrrp.filter((v) => v.services.includes(service) || v.services.length === 0 || synced(v)) : [];
}

/** The instance's member of that name. It is one: resolve has seen to it. */
export function memberOf(vrrp: VrrpInstance, node: string): VrrpMember {
  return found(
    vrrp.members.find((m) => m.node === node),
    `member ${node} of ${vrrp.name}`,
  );
}

/** The directors of the lab, in the file's order. */
export function directors(lab: Pick<Lab, 'nodes'>): readonly LabNode[] {
  return lab.nodes.filter((n) => n.kind === 'director');
}

/** The value, which is there by construction. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

/** The port of a real server that its health check asks. */
export function checkedPort(health: HealthCheck, real: Real): number {
  return health.port ?? real.port;
}
