import type { Link } from '../model/lookup.ts';
import { familyOf, linksOf } from '../model/lookup.ts';
import type { HostAddress, LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { VrrpInstance, VrrpMember, VrrpTrack } from '../model/vrrp.ts';
import { didYouMean } from '../nearest.ts';
import { contains, linkLocalOf, parseAddress, parseSubnet } from '../net/cidr.ts';
import { tellUnusable } from './resolve-address.ts';
import { ms, type Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawVrrp = NonNullable<RawLab['vrrp']>[string];

/** Maximum milliseconds between two adverts: twelve bits of centiseconds (RFC 5798 §5.2.7). */
const MOST_ADVERT_3 = 40_950;

/** Resolves a VRRP instance of the file. */
export function resolveVrrp(
  r: Resolver,
  name: string,
  nodes: readonly LabNode[],
  services: readonly Service[],
): VrrpInstance {
  const raw = r.raw.vrrp?.[name] as RawVrrp;
  const path = ['vrrp', name];
  const known = r.segments.has(raw.on);
  if (!known && !r.isDropped(`segments.${raw.on}`))
    r.wrong([...path, 'on'], `there is no segment "${raw.on}"${didYouMean(raw.on, r.segments.keys())}`);
  const members = resolveMembers(r, raw, nodes, path);
  const { addresses, moved } = resolveAddresses(r, name, raw, services, path);
  const families = new Set(addresses.map((a) => familyOf(a.address)));
  const version = raw.version === 3 || (raw.version === undefined && families.has(6)) ? 3 : 2;
  const twin = Object.entries(r.raw.vrrp ?? {}).find(
    ([other, v]) => other < name && v.on === raw.on && v.id === raw.id,
  );
  if (twin) r.wrong([...path, 'id'], `instance "${twin[0]}" already has id ${raw.id} on segment "${raw.on}"`);
  if (families.size > 1)
    r.wrong([...path, 'addresses'], 'IPv4 and IPv6 addresses need separate instances (VRRP runs over one of the two)');
  if (raw.version === 2 && families.has(6)) r.wrong([...path, 'version'], 'VRRP for IPv6 needs version 3 (RFC 5798)');
  if (raw.password !== undefined && version === 3)
    r.wrong([...path, 'password'], 'VRRP version 3 has no authentication (RFC 5798 §9); leave out the password', 'key');
  const advert = ms(raw.advert ?? '1s');
  if (version === 2 && advert % 1000 !== 0)
    r.wrong([...path, 'advert'], 'VRRP version 2 needs whole seconds; add version: 3 for shorter advert intervals');
  if (version === 3 && advert > MOST_ADVERT_3)
    r.wrong(
      [...path, 'advert'],
      `the advert interval of VRRP version 3 is at most ${MOST_ADVERT_3 / 1000}s (RFC 5798)`,
    );
  if (raw.syncdaemon) tellDaemon(r, name, raw, path);
  for (const member of members) tellFamily(r, member, families, nodes, path);
  if (raw.group !== undefined) tellGroup(r, name, raw, path);
  return {
    name,
    segment: raw.on,
    id: raw.id,
    version,
    advert,
    members: byElection(members, nodes, families.has(6) ? 6 : 4),
    addresses,
    services: moved,
    unicast: raw.unicast ?? false,
    preempt: raw.preempt !== false,
    preemptDelay: typeof raw.preempt === 'string' ? ms(raw.preempt) : 0,
    refresh: ms(raw.refresh ?? '0s'),
    syncDaemon: raw.syncdaemon ?? false,
    track: (raw.track ?? []).flatMap((t, i) => resolveTrack(r, t, members, nodes, [...path, 'track', i]) ?? []),
    ...(raw.password === undefined ? {} : { password: raw.password }),
    ...(raw.group === undefined ? {} : { group: raw.group }),
    ...(raw.sync === undefined ? {} : { sync: raw.sync }),
    ...(raw.vmac ? { vmac: raw.vmac === true ? 'whole' : raw.vmac } : {}),
  };
}

/** The highest priority that weights make of another (vrrp_set_effective_priority in keepalived's vrrp_scheduler.c). */
const HIGHEST = 254;

function resolveMembers(r: Resolver, raw: RawVrrp, nodes: readonly LabNode[], path: Path): VrrpMember[] {
  const more = (raw.track ?? []).reduce((sum, { weight = 0 }) => sum + Math.max(0, weight), 0);
  const members = Object.entries(raw.priorities).flatMap(([node, priority]): VrrpMember[] => {
    const director = r.lookup(nodes, node, 'director', [...path, 'priorities', node], 'key');
    if (!director || !r.segments.has(raw.on)) return [];
    const link = linkOn(r, director, raw.on);
    if (!link) {
      r.wrong([...path, 'priorities', node], `director "${node}" is not on segment "${raw.on}"`, 'key');
      return [];
    }
    return [{ node, priority: Math.min(HIGHEST, priority + more), configured: priority, device: link.name }];
  });
  return members;
}

/**
 * Sorts members as masters that meet decide: the highest priority first, of equal ones the higher address from which
 * adverts come, in IPv6 the card's link-local one (RFC 5798 §6.4.3).
 */
function byElection(members: readonly VrrpMember[], nodes: readonly LabNode[], family: 4 | 6): readonly VrrpMember[] {
  const source = ({ node, device }: VrrpMember) => {
    const link = linksOf(nodes.find((n) => n.name === node) ?? { interfaces: [], devices: [] }).find(
      (l) => l.name === device,
    );
    const own = link?.addresses.find((a) => familyOf(a.address) === family)?.address;
    return parseAddress((family === 6 ? link && linkLocalOf(link.mac) : own) ?? '')?.value ?? 0n;
  };
  return [...members].sort((a, b) => b.priority - a.priority || (source(a) < source(b) ? 1 : -1));
}

/**
 * Returns the link that a node uses on a segment: one with an address of the segment, and a bond rather than its
 * slaves.
 */
function linkOn(r: Resolver, node: LabNode, segment: string): Link | undefined {
  const subnets = r.segments.get(segment) ?? [];
  const speaks = (link: Link) =>
    link.addresses.some(({ address }) => {
      const own = parseAddress(address);
      return own !== undefined && subnets.some((s) => contains(s, own));
    });
  return linksOf(node).find(speaks) ?? node.interfaces.find((i) => i.segment === segment && i.addresses.length > 0);
}

/**
 * Resolves the addresses that move: VIPs of services, each once, and plain addresses; a plain address that is also a
 * VIP sets its prefix.
 */
function resolveAddresses(
  r: Resolver,
  name: string,
  raw: RawVrrp,
  services: readonly Service[],
  path: Path,
): { addresses: readonly HostAddress[]; moved: readonly string[] } {
  const vips = new Map<string, HostAddress>();
  const moved: string[] = [];
  for (const [i, text] of raw.addresses.entries()) {
    const at = [...path, 'addresses', i];
    const placed = parseSubnet(text);
    const address = placed?.address ?? parseAddress(text);
    if (!address) {
      const service = services.find((s) => s.name === text);
      const names = services.map((s) => s.name);
      if (service) {
        tellMover(r, name, service.vip, services, at);
        moved.push(text);
        if (!vips.has(service.vip)) vips.set(service.vip, { address: service.vip, prefix: whole(service.vip) });
      } else if (r.isDropped(`services.${text}`)) moved.push(text);
      else r.wrong(at, `there is no service "${text}"${didYouMean(text, names)}`);
      continue;
    }
    const ofService = services.some((s) => s.vip === address.text);
    tellUnusable(r, address, at, placed);
    if (ofService) tellMover(r, name, address.text, services, at);
    else r.claim(address, at, `an address of VRRP instance "${name}"`);
    if (!ofService && !r.subnetOf(address) && !r.incomplete('segments'))
      r.wrong(at, `${address.text} is outside every segment; no node can reach it`);
    vips.set(address.text, { address: address.text, prefix: placed?.prefix ?? whole(address.text) });
  }
  return { addresses: [...vips.values()], moved };
}

/** Reports a VIP that an earlier instance also moves: two directors would hold it at once. */
function tellMover(r: Resolver, name: string, vip: string, services: readonly Service[], at: Path): void {
  const all = Object.entries(r.raw.vrrp ?? {});
  const before = all.slice(
    0,
    all.findIndex(([other]) => other === name),
  );
  const moves = (text: string) =>
    services.some((s) => s.vip === vip && s.name === text) || parseAddress(text.split('/')[0] ?? '')?.text === vip;
  const other = before.find(([, v]) => v.addresses.some(moves));
  if (other) r.wrong(at, `instance "${other[0]}" already moves ${vip}`);
}

function whole(address: string): number {
  return familyOf(address) === 4 ? 32 : 128;
}

/** Reports a second pair of sync daemons: the kernel has one pair, on one device. */
function tellDaemon(r: Resolver, name: string, raw: RawVrrp, path: Path): void {
  const other = Object.entries(r.raw.vrrp ?? {}).find(([n, v]) => n < name && v.syncdaemon && v.on !== raw.on);
  if (other)
    r.wrong(
      [...path, 'syncdaemon'],
      `instance "${other[0]}" has its sync daemon on segment "${other[1].on}", and a director has only one sync daemon; put both instances on one segment`,
    );
}

/** Reports a director without an address of the family that it moves: adverts are sent from one. */
function tellFamily(
  r: Resolver,
  { node: name, device }: VrrpMember,
  families: ReadonlySet<4 | 6>,
  nodes: readonly LabNode[],
  path: Path,
): void {
  const node = nodes.find((n) => n.name === name);
  const own =
    node &&
    linksOf(node)
      .find((l) => l.name === device)
      ?.addresses.map((a) => familyOf(a.address));
  for (const family of families)
    if (own && !own.includes(family))
      r.wrong(
        [...path, 'priorities', name],
        `"${name}" has no IPv${family} address on this segment to send adverts from`,
        'key',
      );
}

function tellGroup(r: Resolver, name: string, raw: RawVrrp, path: Path): void {
  const group = parseAddress(raw.group ?? '');
  if (raw.unicast === true)
    r.wrong([...path, 'group'], 'unicast adverts use no multicast group; leave out one of the two', 'key');
  if (group && (group.family !== 4 || group.value >> 28n !== 0xen))
    r.wrong([...path, 'group'], `${raw.group} is not a multicast address (224.0.0.0/4)`);
  const other = Object.entries(r.raw.vrrp ?? {}).find(
    ([n, v]) => v.unicast !== true && v.group !== raw.group && (n < name || v.group === undefined),
  );
  if (other)
    r.wrong(
      [...path, 'group'],
      `instance "${other[0]}" has another group; keepalived has one group for all instances (vrrp_mcast_group4)`,
    );
}

function resolveTrack(
  r: Resolver,
  raw: NonNullable<RawVrrp['track']>[number],
  members: readonly VrrpMember[],
  nodes: readonly LabNode[],
  path: Path,
): VrrpTrack | undefined {
  const weight = raw.weight ?? 0;
  for (const word of ['every', 'rise', 'fall'] as const)
    if (raw.segment !== undefined && raw[word] !== undefined)
      r.wrong([...path, word], `a segment is watched continuously; \`${word}\` is for scripts only`, 'key');
  if (raw.script !== undefined) {
    const { script, every, rise = 1, fall = 1 } = raw;
    return { weight, script, every: ms(every ?? '1s'), rise, fall };
  }
  const { segment } = raw;
  if (segment === undefined) return undefined;
  const devices: { node: string; device: string }[] = [];
  for (const { node: name } of members) {
    const node = nodes.find((n) => n.name === name);
    const link = node && linkOn(r, node, segment);
    if (link) devices.push({ node: name, device: link.name });
    else if (node && !r.incomplete('segments'))
      r.wrong(
        [...path, 'segment'],
        `director "${name}" is not on a segment "${segment}"${didYouMean(segment, r.segments.keys())}`,
      );
  }
  return { weight, segment, devices };
}
