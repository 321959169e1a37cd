import { addressesOf, linksOf, linkTo } from '../model/lookup.ts';
import type { LabNode, Route } from '../model/node.ts';
import {
  type Address,
  isLoopback,
  networkOf,
  notAHost,
  parseAddress,
  parseDestination,
  parseSubnet,
  reservedAs,
  type Subnet,
} from '../net/cidr.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

/**
 * Resolves a node's routes: each to a different network, through a gateway on a link of the node, through a device, or
 * dropped.
 */
export function resolveRoutes(r: Resolver, node: LabNode, raw: RawLab['nodes'][string]): Route[] {
  const told = new Map<string, string>();
  return Object.entries(raw.routes ?? {}).flatMap(([to, by]): Route[] => {
    const path = ['nodes', node.name, 'routes', to];
    const gateway = parseAddress(by);
    const target = parseDestination(to, gateway?.family ?? 4);
    if (!target) return [];
    const text = `${target.address.text}/${target.prefix}`;
    const before = told.get(text);
    if (before !== undefined) r.wrong(path, `${to} has a route already: "${before}" is the same network`, 'key');
    told.set(text, to);
    if (!tellTarget(r, node, to, target, path)) return [];
    const destination = to === 'default' && target.address.family === 6 ? text : to;
    if (by === 'blackhole') return [{ to: destination }];
    if (gateway) return tellGateway(r, node, gateway, target, path) ? [{ to: destination, via: gateway.text }] : [];
    const device =
      node.interfaces.find((i) => i.segment === by) ?? [...node.interfaces, ...node.devices].find((l) => l.name === by);
    if (device) return [{ to: destination, dev: device.name }];
    if (!r.incomplete('segments'))
      r.wrong(path, `"${by}" is neither a gateway address, nor a segment or device of "${node.name}", nor blackhole`);
    return [];
  });
}

/** Returns whether the kernel accepts a route to that network; reports it if not. */
function tellTarget(r: Resolver, node: LabNode, to: string, target: Subnet, path: Path): boolean {
  const network = networkOf(target);
  const own = linksOf(node).find((l) =>
    l.addresses.some((a) => {
      const subnet = parseSubnet(`${a.address}/${a.prefix}`);
      return subnet && subnet.prefix === target.prefix && networkOf(subnet).address.text === network.address.text;
    }),
  );
  if (network.address.text !== target.address.text)
    r.wrong(path, `${to} has host bits set; the network is ${network.address.text}/${target.prefix}`, 'key');
  else if (own) r.wrong(path, `"${node.name}" is itself on ${to} by ${own.name}; the route would cut it off`, 'key');
  else if (isLoopback(target.address)) r.wrong(path, `${to} is a loopback network, which is never routed`, 'key');
  else return true;
  return false;
}

/**
 * Returns whether a gateway can forward packets: it has the route's family, is on a link of the node, and belongs to
 * another node; reports it if not.
 */
function tellGateway(r: Resolver, node: LabNode, gateway: Address, target: Subnet, path: Path): boolean {
  const kind = notAHost(gateway);
  const link = linkTo(node, gateway.text);
  const reserved = link?.addresses
    .flatMap((a) => parseSubnet(`${a.address}/${a.prefix}`) ?? [])
    .map((s) => reservedAs(s, gateway))
    .find((what) => what !== undefined);
  if (gateway.family !== target.address.family)
    r.wrong(path, `gateway ${gateway.text} is IPv${gateway.family}, but the route is IPv${target.address.family}`);
  else if (kind !== undefined) r.wrong(path, `gateway ${gateway.text} is ${kind}; no node can have it`);
  else if (addressesOf(node).includes(gateway.text))
    r.wrong(path, `gateway ${gateway.text} is "${node.name}" itself; give the address of the next hop`);
  else if (reserved !== undefined) r.wrong(path, `gateway ${gateway.text} is ${reserved}; no node can have it`);
  else if (!link && !r.incomplete('segments'))
    r.wrong(path, `gateway ${gateway.text} is in no subnet that "${node.name}" is on`);
  else return true;
  return false;
}
