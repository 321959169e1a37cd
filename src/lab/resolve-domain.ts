import { familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Bfd } from '../model/ospf.ts';
import type { Service } from '../model/service.ts';
import { didYouMean } from '../nearest.ts';
import { ms, type Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

/** A domain of the file, of any routing protocol. */
type RawDomain = NonNullable<RawLab['ospf']>[string] | NonNullable<RawLab['bgp']>[string];

/** Returns the default of a VIP's family: IPv4. */
export function familyOfDomain(raw: RawDomain, services: readonly Service[]): 4 | 6 {
  const first = services.find((s) => s.name === raw.addresses[0]);
  return first ? familyOf(first.vip) : 4;
}

/** Reports names in a domain that the lab does not have, and VIPs of two families. */
export function tellNames(r: Resolver, raw: RawDomain, services: readonly Service[], path: Path): void {
  for (const [i, segment] of raw.on.entries()) {
    if (!r.segments.has(segment) && !r.isDropped(`segments.${segment}`))
      r.wrong([...path, 'on', i], `there is no segment "${segment}"${didYouMean(segment, r.segments.keys())}`);
    if (raw.on.indexOf(segment) !== i) r.wrong([...path, 'on', i], `segment "${segment}" is listed twice`);
  }
  const names = services.map((s) => s.name);
  const family = familyOfDomain(raw, services);
  for (const [i, name] of raw.addresses.entries()) {
    const service = services.find((s) => s.name === name);
    if (!service && !r.isDropped(`services.${name}`))
      r.wrong([...path, 'addresses', i], `there is no service "${name}"${didYouMean(name, names)}`);
    if (service && familyOf(service.vip) !== family)
      r.wrong(
        [...path, 'addresses', i],
        `VIP ${service.vip} is IPv${familyOf(service.vip)}, and the VIPs before it are IPv${family}; write a domain for each family`,
      );
  }
}

/** Returns the BFD of a domain's neighbours, if it has any. */
export function bfdOf({ bfd }: RawDomain): { readonly bfd?: Bfd } {
  return bfd ? { bfd: { every: ms(bfd.every ?? '300ms'), misses: bfd.misses ?? 3 } } : {};
}

/** Returns the domains of a section that stand before one of that name. */
export function before<T>(section: Readonly<Record<string, T>> | undefined, name: string): readonly [string, T][] {
  const all = Object.entries(section ?? {});
  return all.slice(
    0,
    all.findIndex(([other]) => other === name),
  );
}

/** Returns whether a domain's VIPs are IPv6, by the file alone. */
export function isSix(r: Resolver, { addresses: [first = ''] }: RawDomain): boolean {
  return r.raw.services?.[first]?.vip.includes(':') === true;
}

/** Reports links that a domain shares with an earlier one of its family: a link has one domain of each. */
export function tellShared(r: Resolver, raw: RawDomain, others: readonly [string, RawDomain][], path: Path): void {
  for (const [i, segment] of raw.on.entries()) {
    const other = others.find(([, o]) => o.on.includes(segment) && isSix(r, o) === isSix(r, raw));
    if (other) r.wrong([...path, 'on', i], `segment "${segment}" is already a link of domain "${other[0]}"`);
  }
}

/** Returns the directors and routers on a domain's links; reports a domain without one of them. */
export function endsOf(
  r: Resolver,
  raw: RawDomain,
  nodes: readonly LabNode[],
  path: Path,
): { readonly members: readonly string[]; readonly routers: readonly string[] } {
  const on = (kind: LabNode['kind']) =>
    nodes.filter((n) => n.kind === kind && n.interfaces.some((i) => raw.on.includes(i.segment))).map((n) => n.name);
  const [members, routers] = [on('director'), on('switch')];
  if (!r.incomplete('nodes') && members.length === 0) r.wrong([...path, 'on'], 'no director is on these segments');
  if (!r.incomplete('nodes') && routers.length === 0)
    r.wrong([...path, 'on'], 'no router is on these segments; add a node of kind switch to them');
  return { members, routers };
}
