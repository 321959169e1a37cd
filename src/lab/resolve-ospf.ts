import { didYouMean } from '../nearest.ts';
import type { LabNode, OspfDomain, Service } from './model.ts';
import { ms } from './resolve-service.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';

type RawOspf = NonNullable<RawLab['ospf']>[string];

/** An OSPF domain of the file. */
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
  const [hello, dead] = [ms(raw.hello ?? '10s'), ms(raw.dead ?? '40s')];
  if (dead < 2 * hello)
    r.wrong(
      [...path, 'dead'],
      `a neighbour would count as dead before two hellos are missed (hello ${hello / 1000} s)`,
    );
  if (hello % 1000 !== 0 || dead % 1000 !== 0)
    r.wrong([...path, hello % 1000 === 0 ? 'dead' : 'hello'], 'OSPF counts whole seconds; BFD is quicker: bfd: {}');
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
    throttle: ms(raw.throttle ?? '5s'),
    members,
    routers,
    services: raw.addresses,
    ...(raw.bfd ? { bfd: { every: ms(raw.bfd.every ?? '300ms'), misses: raw.bfd.misses ?? 3 } } : {}),
  };
}
