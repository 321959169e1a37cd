import type { BgpDomain } from '../model/bgp.ts';
import { familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { before, bfdOf, endsOf, familyOfDomain, tellNames, tellShared } from './resolve-domain.ts';
import { ms, type Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawBgp = NonNullable<RawLab['bgp']>[string];

/** Resolves a BGP domain of the file. */
export function resolveBgp(
  r: Resolver,
  name: string,
  nodes: readonly LabNode[],
  services: readonly Service[],
): BgpDomain {
  const raw = r.raw.bgp?.[name] as RawBgp;
  const path = ['bgp', name];
  tellNames(r, raw, services, path);
  tellTwins(r, name, raw, path);
  const hold = ms(raw.hold ?? '180s');
  const keepalive = raw.keepalive === undefined ? Math.max(1000, 1000 * Math.floor(hold / 3000)) : ms(raw.keepalive);
  if (keepalive * 3 > hold)
    r.wrong(
      [...path, raw.keepalive === undefined ? 'hold' : 'keepalive'],
      `the hold time must be at least three keepalive intervals (RFC 4271 §4.4); it is ${hold / 1000} s`,
    );
  const family = familyOfDomain(raw, services);
  const ends = endsOf(r, raw, nodes, path);
  for (const node of nodes.filter((n) => [...ends.members, ...ends.routers].includes(n.name)))
    for (const card of node.interfaces.filter((i) => raw.on.includes(i.segment)))
      if (!card.addresses.some((a) => familyOf(a.address) === family))
        r.wrong(
          [...path, 'on', raw.on.indexOf(card.segment)],
          `"${node.name}" has no IPv${family} address on "${card.segment}", and the VIPs are IPv${family}: BGP speaks between addresses`,
        );
  return {
    name,
    family,
    segments: raw.on,
    as: raw.as,
    peer: raw.peer ?? raw.as,
    keepalive,
    hold,
    ...ends,
    services: raw.addresses,
    ...bfdOf(raw),
  };
}

/** Reports what a domain shares with an earlier one: a link of the same family, and the number of an autonomous system. */
function tellTwins(r: Resolver, name: string, raw: RawBgp, path: Path): void {
  const others = before(r.raw.bgp, name);
  tellShared(r, raw, others, path);
  for (const [other, { as, peer }] of others)
    if (as !== raw.as || (peer ?? as) !== (raw.peer ?? raw.as))
      r.wrong([...path, 'as'], `domain "${other}" has other autonomous systems; a node has one for all its domains`);
}
