import type { Lab } from './lab.ts';
import { addressesOf, familyOf, linksOf, linkTo, routeTo } from './lookup.ts';
import type { LabNode } from './node.ts';
import type { Service } from './service.ts';

/** Maximum number of routers that a way is followed through. */
const MOST_HOPS = 16;

/**
 * Returns the directors that are the first on a node's way to an address, by the routes of the lab file: none, the one
 * whose address is the gateway, or every director to which a VRRP instance may give that address. A node on the address's
 * own subnet needs no gateway: a route that leads it around through a director is not how a lab is meant.
 */
export function directorsBetween(lab: Pick<Lab, 'nodes' | 'vrrp'>, from: LabNode, to: string): readonly string[] {
  let at: LabNode | undefined = from;
  for (let hops = 0; at && hops < MOST_HOPS; hops++) {
    const gateway: string | undefined = linkTo(at, to) ? undefined : routeTo(at, to)?.via;
    if (gateway === undefined) return [];
    const owners = holdersOf(lab, gateway);
    const own = owners.filter((n) => n.kind === 'director').map((n) => n.name);
    if (own.length > 0) return own;
    at = owners[0];
  }
  return [];
}

/** Returns the nodes that hold an address: the one whose own it is, or those between which it moves. */
export function holdersOf({ nodes, vrrp }: Pick<Lab, 'nodes' | 'vrrp'>, address: string): readonly LabNode[] {
  const own = nodes.filter((n) => addressesOf(n).includes(address));
  if (own.length > 0) return own;
  const movers = vrrp.filter((v) => v.addresses.some((a) => a.address === address));
  return nodes.filter((n) => movers.some((v) => v.members.some((m) => m.node === n.name)));
}

/**
 * Returns the address from which a client asks a service: one on the VIP's subnet, else on its first link, else any of the
 * VIP's family.
 */
export function askingAddress(client: LabNode, { vip }: Pick<Service, 'vip'>): string | undefined {
  const own = (linkTo(client, vip) ?? linksOf(client)[0])?.addresses ?? [];
  return [...own.map((a) => a.address), ...addressesOf(client)].find((a) => familyOf(a) === familyOf(vip));
}

/**
 * Returns the directors through which a real server replies to the client of a service, because one of them is its
 * gateway; none if its replies reach the client without one.
 */
export function gatewaysOf(
  lab: Pick<Lab, 'nodes' | 'vrrp'>,
  service: Pick<Service, 'vip'>,
  real: string,
): readonly string[] {
  const client = lab.nodes.find((n) => n.kind === 'client');
  const node = lab.nodes.find((n) => n.name === real);
  const source = client && askingAddress(client, service);
  return source === undefined || !node ? [] : directorsBetween(lab, node, source);
}
