import { familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { Service } from '../model/service.ts';
import { didYouMean } from '../nearest.ts';
import { ms } from './resolve-service.ts';
import type { Resolver } from './resolver.ts';
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
  for (const [i, segment] of raw.on.entries())
    if (!r.segments.has(segment) && !r.isDropped(`segments.${segment}`))
      r.wrong([...path, 'on', i], `there is no segment "${segment}"${didYouMean(segment, r.segments.keys())}`);
  const names = services.map((s) => s.name);
  for (const [i, service] of raw.addresses.entries())
    if (!names.includes(service) && !r.isDropped(`services.${service}`))
      r.wrong([...path, 'addresses', i], `there is no service "${service}"${didYouMean(service, names)}`);
  for (const name of raw.addresses) {
    const service = services.find((s) => s.name === name);
    if (service && familyOf(service.vip) === 6)
      r.wrong([...path, 'addresses'], `VIP ${service.vip} is IPv6, and OSPFv2 announces IPv4 only`);
  }
  tellTwins(r, name, raw, path);
  const [hello, dead] = [ms(raw.hello ?? '10s'), ms(raw.dead ?? '40s')];
  if (dead < 2 * hello)
    r.wrong([...path, 'dead'], `the dead interval must be at least two hello intervals (hello ${hello / 1000} s)`);
  const on = (kind: LabNode['kind']) =>
    nodes.filter((n) => n.kind === kind && n.interfaces.some((i) => raw.on.includes(i.segment))).map((n) => n.name);
  const [members, routers] = [on('director'), on('switch')];
  if (!r.incomplete('nodes') && members.length === 0) r.wrong([...path, 'on'], 'no director is on these segments');
  if (!r.incomplete('nodes') && routers.length === 0)
    r.wrong([...path, 'on'], 'no router is on these segments; add a node of kind switch to them');
  return {
    name,
    segments: raw.on,
    area: raw.area ?? '0.0.0.0',
    hello,
    dead,
    throttle: ms(raw.throttle ?? THROTTLE),
    members,
    routers,
    services: raw.addresses,
    ...(raw.bfd ? { bfd: { every: ms(raw.bfd.every ?? '300ms'), misses: raw.bfd.misses ?? 3 } } : {}),
  };
}

/**
 * Reports what a domain shares with an earlier one: a link has one domain, and a router has the same timers for all.
 */
function tellTwins(r: Resolver, name: string, raw: RawOspf, path: Path): void {
  const all = Object.entries(r.raw.ospf ?? {});
  const before = all.slice(
    0,
    all.findIndex(([other]) => other === name),
  );
  for (const [i, segment] of raw.on.entries()) {
    const other = before.find(([, o]) => o.on.includes(segment));
    if (other) r.wrong([...path, 'on', i], `segment "${segment}" is already a link of domain "${other[0]}"`);
    if (raw.on.indexOf(segment) !== i) r.wrong([...path, 'on', i], `segment "${segment}" is listed twice`);
  }
  const [first] = before;
  if (first && ms(first[1].throttle ?? THROTTLE) !== ms(raw.throttle ?? THROTTLE))
    r.wrong(
      [...path, 'throttle'],
      `domain "${first[0]}" has ${first[1].throttle ?? THROTTLE}; a router has one throttle for all its domains`,
      raw.throttle === undefined ? 'key' : 'value',
    );
}
