import { contains, parseAddress, parseSubnet } from '../net/cidr.ts';
import type { HealthCheck } from './health.ts';
import type { Lab } from './lab.ts';
import type { Device, Interface, LabNode } from './node.ts';
import type { OspfDomain } from './ospf.ts';
import type { Real, Service } from './service.ts';
import type { VrrpInstance, VrrpMember } from './vrrp.ts';

/** An interface or a device: anything of a node through which frames pass. */
export type Link = Interface | Device;

/** Returns all links of a node, its interfaces first. */
export function linksOf(node: LabNode): readonly Link[] {
  return [...node.interfaces, ...node.devices];
}

/** Returns all addresses that the lab gives to the node itself: no VIP and no LIP. */
export function addressesOf(node: LabNode): readonly string[] {
  return linksOf(node).flatMap((l) => l.addresses.map((a) => a.address));
}

/** Returns the MAC addresses from which a node sends. */
export function macsOf(node: LabNode): readonly string[] {
  return linksOf(node).map((l) => l.mac);
}

/** Returns the name of the node that a MAC address belongs to, else the MAC address. */
export function nameOfMac(lab: Pick<Lab, 'nodes'>, mac: string): string {
  return lab.nodes.find((n) => macsOf(n).includes(mac))?.name ?? mac;
}

/** Returns the link of a node whose subnet contains an address, if any. */
export function linkTo(node: LabNode, address: string): Link | undefined {
  const target = parseAddress(address);
  return linksOf(node).find((link) =>
    link.addresses.some((own) => {
      const subnet = parseSubnet(`${own.address}/${own.prefix}`);
      return target && subnet && contains(subnet, target);
    }),
  );
}

/** Returns the family of an address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** Returns the family of a service's real servers, which is the VIP's unless the director translates (NAT64). */
export function innerFamily({ vip, reals }: Service): 4 | 6 {
  return familyOf(reals[0]?.address ?? vip);
}

/** Returns the node with a name. It exists: resolve has checked it. */
export function nodeOf(lab: Lab, name: string): LabNode {
  return found(
    lab.nodes.find((n) => n.name === name),
    `node ${name}`,
  );
}

/** Returns the client that sends requests to services: the lab's first. */
export function clientOf(lab: Lab): LabNode {
  return found(
    lab.nodes.find((n) => n.kind === 'client'),
    'client',
  );
}

/** Returns the service with a name. It exists: resolve has checked it. */
export function serviceOf(lab: Lab, name: string): Service {
  return found(
    lab.services.find((s) => s.name === name),
    `service ${name}`,
  );
}

/** Returns the VRRP instance that moves a service's VIP, if any. */
export function vrrpOf(lab: Pick<Lab, 'vrrp'>, service: string): VrrpInstance | undefined {
  return lab.vrrp.find((v) => v.services.includes(service));
}

/** Returns the VRRP instances of which a director is a member. */
export function instancesOf(lab: Pick<Lab, 'vrrp'>, node: LabNode): readonly VrrpInstance[] {
  return lab.vrrp.filter((v) => v.members.some((m) => m.node === node.name));
}

/** Returns the OSPF domain that announces a service's VIP, if any. */
export function ospfOf(lab: Pick<Lab, 'ospf'>, service: string): OspfDomain | undefined {
  return lab.ospf.find((o) => o.services.includes(service));
}

/**
 * Returns the VRRP instances on which a service depends: the one that moves its VIP, those of its sync group, and those
 * that move only a gateway and no service.
 */
export function instancesUnder(lab: Lab, service: string): readonly VrrpInstance[] {
  const own = vrrpOf(lab, service);
  const synced = (v: VrrpInstance) => v.sync !== undefined && v.sync === own?.sync;
  return own ? lab.vrrp.filter((v) => v.services.includes(service) || v.services.length === 0 || synced(v)) : [];
}

/** Returns the instance's member with a name. It is a member: resolve has checked it. */
export function memberOf(vrrp: VrrpInstance, node: string): VrrpMember {
  return found(
    vrrp.members.find((m) => m.node === node),
    `member ${node} of ${vrrp.name}`,
  );
}

/** Returns the directors of the lab, in the order of the file. */
export function directors(lab: Pick<Lab, 'nodes'>): readonly LabNode[] {
  return lab.nodes.filter((n) => n.kind === 'director');
}

/** Returns the value, which always exists. Throws if it does not. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

/** Returns the port of a real server that its health check probes. */
export function checkedPort(health: HealthCheck, real: Real): number {
  return health.port ?? real.port;
}
