import { addressesOf, type Link, linksOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { SNAT_WEIGHT, type SnatRule } from '../model/snat.ts';
import { SNAT_PROTOCOLS } from '../model/words.ts';
import { type Address, contains, parseAddress, parseSubnet, type Subnet } from '../net/cidr.ts';
import { supervisionOf, tellIdle } from './resolve-health.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawRule = NonNullable<RawLab['snat']>[string];

/** Resolves an SNAT rule of the file; returns undefined if no director can carry it. */
export function resolveSnat(r: Resolver, name: string, nodes: readonly LabNode[]): SnatRule | undefined {
  const raw = r.raw.snat?.[name] as RawRule;
  const path = ['snat', name];
  const from = parseSubnet(raw.from);
  const to = parseAddress(raw.to);
  if (!from || !to) return undefined;
  r.network(raw.from, from, [...path, 'from']);
  const director = nodes.find((n) => n.kind === 'director' && addressesOf(n).includes(to.text));
  if (!director) {
    if (!r.incomplete('nodes'))
      r.wrong([...path, 'to'], `no director has the address ${to.text}; give it to one of them`);
    return undefined;
  }
  if (from.address.family !== to.family)
    r.wrong(
      [...path, 'to'],
      `${to.text} and ${raw.from} are of different families; SNAT does not translate between them`,
    );
  const out = linkNamed(director, raw.out);
  if (!out && !r.incomplete('segments'))
    r.wrong([...path, 'out'], `director "${director.name}" has no segment or device "${raw.out}"`);
  const arrives = raw.in === undefined ? undefined : linkNamed(director, raw.in);
  if (raw.in !== undefined && !arrives && !r.incomplete('segments'))
    r.wrong([...path, 'in'], `director "${director.name}" has no segment or device "${raw.in}"`);
  if (arrives && arrives === out)
    r.wrong([...path, 'in'], `packets leave by "${raw.out}"; name the segment or device on which they arrive`);
  const far = destinationOf(r, raw, path, to);
  tellIdle(r, raw, path, { what: 'address', whole: SNAT_WEIGHT });
  const within = (n: LabNode) => lies(n, from);
  const inside =
    raw.inside === undefined
      ? nodes.find((n) => n.kind !== 'director' && n.kind !== 'switch' && within(n))
      : r.lookup(nodes, raw.inside, undefined, [...path, 'inside']);
  const outside =
    raw.outside === undefined
      ? nodes.find((n) => n.kind !== 'director' && n.serve.length > 0 && !within(n) && lies(n, far))
      : r.lookup(nodes, raw.outside, undefined, [...path, 'outside']);
  if (!r.incomplete('nodes') && (!inside || !outside)) {
    r.wrong(
      path,
      inside
        ? `no node outside${raw.destination === undefined ? '' : ` in ${raw.destination}`} serves a port; add one with serve: [80/tcp, 80/udp]`
        : `no node has an address in ${raw.from}`,
      'key',
    );
  }
  if (raw.outside !== undefined && outside && far && !lies(outside, far))
    r.wrong(
      [...path, 'outside'],
      `packets to "${outside.name}" are not translated: it has no address in ${raw.destination}`,
    );
  if (!out || !inside || !outside) return undefined;
  return {
    name,
    from: raw.from,
    to: to.text,
    out: out.name,
    ...(arrives ? { in: arrives.name } : {}),
    ...(raw.destination === undefined ? {} : { destination: raw.destination }),
    director: director.name,
    protocols: raw.protocols ?? SNAT_PROTOCOLS,
    inside: inside.name,
    outside: outside.name,
    port: outside.serve[0]?.port ?? 80,
    ...supervisionOf(raw),
  };
}

/** Returns the link of a director by the name of its segment, or its own. */
function linkNamed(director: LabNode, name: string): Link | undefined {
  return director.interfaces.find((i) => i.segment === name) ?? linksOf(director).find((l) => l.name === name);
}

/** Returns the network to which alone packets are translated; reports one that is none, or of another family. */
function destinationOf(r: Resolver, { destination }: RawRule, path: Path, to: Address): Subnet | undefined {
  const subnet = destination === undefined ? undefined : parseSubnet(destination);
  if (destination === undefined || !subnet) return undefined;
  const network = r.network(destination, subnet, [...path, 'destination']);
  if (subnet.address.family !== to.family)
    r.wrong([...path, 'destination'], `${destination} and ${to.text} are of different families`);
  return network;
}

/** Returns whether a node has an address in a network; any node does if there is none. */
function lies(node: LabNode, network: Subnet | undefined): boolean {
  if (network === undefined) return true;
  return addressesOf(node).some((address) => {
    const own = parseAddress(address);
    return own !== undefined && contains(network, own);
  });
}
