import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { Service } from '../model/service.ts';
import { before, bfdOf, endsOf, familyOfDomain, isSix, tellNames, tellShared } from './resolve-domain.ts';
import { ms, type Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawOspf = NonNullable<RawLab['ospf']>[string];

/** Default time between two versions of an announcement (RFC 2328, MinLSInterval). */
const THROTTLE = '5s';

/** Resolves an OSPF domain of the file. */
export function resolveOspf(
  r: Resolver,
  name: string,
  nodes: readonly LabNode[],
  services: readonly Service[],
): OspfDomain {
  const raw = r.raw.ospf?.[name] as RawOspf;
  const path = ['ospf', name];
  tellNames(r, raw, services, path);
  tellTwins(r, name, raw, path);
  const [hello, dead] = [ms(raw.hello ?? '10s'), ms(raw.dead ?? '40s')];
  if (dead < 2 * hello)
    r.wrong([...path, 'dead'], `the dead interval must be at least two hello intervals (hello ${hello / 1000} s)`);
  return {
    name,
    family: familyOfDomain(raw, services),
    segments: raw.on,
    area: raw.area ?? '0.0.0.0',
    hello,
    dead,
    throttle: ms(raw.throttle ?? THROTTLE),
    ...endsOf(r, raw, nodes, path),
    services: raw.addresses,
    ...bfdOf(raw),
  };
}

/**
 * Reports what a domain shares with an earlier one: a link has one domain, and a router has the same timers for all.
 */
function tellTwins(r: Resolver, name: string, raw: RawOspf, path: Path): void {
  const others = before(r.raw.ospf, name);
  tellShared(r, raw, others, path);
  const first = others.find(([, o]) => isSix(r, o) === isSix(r, raw));
  if (first && ms(first[1].throttle ?? THROTTLE) !== ms(raw.throttle ?? THROTTLE))
    r.wrong(
      [...path, 'throttle'],
      `domain "${first[0]}" has ${first[1].throttle ?? THROTTLE}; a router has one throttle for all its domains`,
      raw.throttle === undefined ? 'key' : 'value',
    );
}
