import { contains, linkLocalOf, parseAddress, parseDestination, parseSubnet } from '../net/cidr.ts';
import type { Domain } from './bgp.ts';
import type { HealthCheck } from './health.ts';
import type { Lab } from './lab.ts';
import type { Device, Interface, LabNode, Lip, Route } from './node.ts';
import type { Real, Service } from './service.ts';
import type { VrrpInstance, VrrpMember } from './vrrp.ts';
import type { Mode } from './words.ts';

/** An interface or a device: anything of a node through which frames pass. */
export type Link = Interface | Device;

/** Returns all links of a node, its interfaces first. */
export function linksOf(node: Pick<LabNode, 'interfaces' | 'devices'>): readonly Link[] {
  return [...node.interfaces, ...node.devices];
}

/** Returns all addresses that the lab gives to the node itself: no VIP and no LIP. */
export function addressesOf(node: LabNode): readonly string[] {
  return linksOf(node).flatMap((l) => l.addresses.map((a) => a.address));
}

/**
 * Returns the MAC addresses from which a node sends; with a lab also those at which it may receive, the virtual ones of
 * its VRRP instances.
 */
export function macsOf(node: LabNode, lab?: Pick<Lab, 'vrrp'>): readonly string[] {
  return [...linksOf(node).map((l) => l.mac), ...(lab ? instancesOf(lab, node).flatMap(virtualMacs) : [])];
}

/**
 * Returns the MAC addresses of an instance that its master may have instead of its card's own (keepalived's use_vmac):
 * 00:00:5e:00:01 and the virtual router ID for IPv4, 00:00:5e:00:02 and the ID for IPv6 (RFC 5798 §7.3).
 */
export function virtualMacs({ id }: Pick<VrrpInstance, 'id'>): readonly string[] {
  const last = id.toString(16).padStart(2, '0');
  return [`00:00:5e:00:01:${last}`, `00:00:5e:00:02:${last}`];
}

/**
 * Returns the name of the node that a MAC address belongs to, or of the VRRP instances whose master may have it, else
 * the MAC address.
 */
export function nameOfMac(lab: Pick<Lab, 'nodes' | 'vrrp'>, mac: string): string {
  const node = lab.nodes.find((n) => macsOf(n).includes(mac));
  if (node) return node.name;
  const masters = lab.vrrp.filter((v) => virtualMacs(v).includes(mac)).map((v) => v.name);
  return masters.length > 0 ? `the master of ${masters.join(' or ')} (${mac})` : mac;
}

/** Returns the node that has an address, or derives it from its card's MAC address, as a next hop of IPv6 is known. */
export function nodeAt(lab: Pick<Lab, 'nodes'>, address: string): LabNode | undefined {
  return lab.nodes.find(
    (n) => addressesOf(n).includes(address) || linksOf(n).some((l) => l.mac !== '' && linkLocalOf(l.mac) === address),
  );
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

/** Returns the narrowest of a node's routes to an address; undefined if none leads there. */
export function routeTo(node: LabNode, address: string): Route | undefined {
  const target = parseAddress(address);
  if (!target) return undefined;
  const leading = node.routes.flatMap((route) => {
    const subnet = parseDestination(route.to, 4);
    return subnet && contains(subnet, target) ? [{ route, prefix: subnet.prefix }] : [];
  });
  return leading.sort((a, b) => b.prefix - a.prefix)[0]?.route;
}

/** Returns the link by which a node sends to an address: on its subnet, else on that of the narrowest route's gateway. */
export function linkTowards(node: LabNode, address: string): Link | undefined {
  const near = linkTo(node, address);
  const route = near ? undefined : routeTo(node, address);
  if (!route) return near;
  const { via, dev } = route;
  if (dev !== undefined) return linksOf(node).find((l) => l.name === dev);
  return via === undefined ? undefined : linkTo(node, via);
}

/** Returns the family of an address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** Returns the family of a service's real servers, which is the VIP's unless the director translates (NAT64). */
export function innerFamily({ vip, reals }: Service): 4 | 6 {
  return familyOf(reals[0]?.address ?? vip);
}

/** Returns the ports on which clients ask a service. */
export function askedPorts({ port, entry }: Service): readonly number[] {
  return entry?.kind === 'ports' ? entry.asked : [port];
}

/** Returns the ports on which a real server answers for a service. */
export function servedPorts({ entry }: Service, { port }: Real): readonly number[] {
  return entry?.kind === 'ports' ? entry.asked : [port];
}

/** Returns the mode in which a director forwards to a real server. */
export function modeOf(service: Pick<Service, 'mode'>, real: Real): Mode {
  return real.mode ?? service.mode;
}

/** Returns a service once for each forwarding mode of its real servers, with those real servers only. */
export function byMode(service: Service): readonly Service[] {
  const used = [...new Set(service.reals.map((r) => modeOf(service, r)))];
  if (used.length === 0) return [service];
  return used.map((mode) => ({ ...service, mode, reals: service.reals.filter((r) => modeOf(service, r) === mode) }));
}

/** Returns the services that a director's table has under the same firewall mark, this one included; none without a mark. */
export function marked(services: readonly Service[], { vip, entry }: Service): readonly Service[] {
  if (entry?.kind !== 'mark') return [];
  return services.filter(
    (s) => s.entry?.kind === 'mark' && s.entry.mark === entry.mark && familyOf(s.vip) === familyOf(vip),
  );
}

/**
 * Returns the LIPs of a director from which a Full-NAT service connects to its real servers: those that the lab file names
 * for it, else those on links that lead to its real servers (a reply to another one would need a way of its own), else
 * all of the real servers' family.
 */
export function lipsOf(node: LabNode, service: Service): readonly Lip[] {
  const { lips: named, reals } = service;
  const fitting = node.lips.filter((lip) => familyOf(lip.address) === innerFamily(service));
  if (named !== undefined) return fitting.filter((lip) => named.includes(lip.address));
  const near = fitting.filter((lip) => reals.some((r) => linkTowards(node, r.address)?.name === lip.interface));
  return near.length > 0 ? near : fitting;
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

/** Returns the domains of all routing protocols. */
export function domainsIn({ ospf, bgp = [] }: Pick<Lab, 'ospf' | 'bgp'>): readonly Domain[] {
  return [...ospf, ...bgp];
}

/** Returns the domain whose routing protocol announces a service's VIP, if any. */
export function domainOf(lab: Pick<Lab, 'ospf' | 'bgp'>, service: string): Domain | undefined {
  return domainsIn(lab).find((o) => o.services.includes(service));
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

/**
 * Returns the members of an instance that have the highest priority: one, or several that are equal, of which whoever is
 * master stays it.
 */
export function bestOf({ members }: VrrpInstance): readonly VrrpMember[] {
  return members.filter((m) => m.priority === members[0]?.priority);
}

/** Returns the services of which a director is a real server itself. */
export function ownServices(lab: Pick<Lab, 'services'>, node: LabNode): readonly Service[] {
  return node.kind === 'director' ? lab.services.filter((s) => s.reals.some((r) => r.node === node.name)) : [];
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
