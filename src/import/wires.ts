import { type Address, contains, networkOf, overlaps, parseSubnet, type Subnet } from '../net/cidr.ts';
import type { Held } from './conf.ts';
import { deviceOf, type Party, plainDevice, type Shared } from './parties.ts';

/** A segment of the lab, with the devices that are on it. */
export interface Wire {
  name: string;
  readonly subnets: Subnet[];
  /** What of it is a guess, and why. */
  readonly guesses: string[];
  /** The device of each director on it. */
  readonly devices: Map<string, string>;
}

/** Prefix of a subnet of which only an address is known. */
const USUAL = { 4: 24, 6: 64 } as const;
const LONGEST = { 4: 30, 6: 126 } as const;

/** Returns a subnet as text. */
export function subnetText({ address, prefix }: Subnet): string {
  return `${address.text}/${prefix}`;
}

/** Returns whether an address is on a wire. */
export function isOn(wire: Wire, address: Address): boolean {
  return wire.subnets.some((s) => contains(s, address));
}

/** Returns the wire that an address is on. */
export function wireOf(wires: readonly Wire[], address: Address): Wire | undefined {
  return wires.find((w) => isOn(w, address));
}

/** Returns the usual subnet around an address, smaller if it would overlap one that is known. */
export function usualSubnet(address: Address, known: readonly Subnet[]): Subnet {
  let prefix: number = USUAL[address.family];
  const at = () => networkOf({ address, prefix });
  while (prefix < LONGEST[address.family] && known.some((s) => overlaps(s, at()))) prefix++;
  return at();
}

function isWhole({ address, prefix }: Held): boolean {
  return prefix === undefined || prefix >= (address.family === 4 ? 31 : 127);
}

/** One device of a director, and what is known of the subnets on it. */
interface End {
  readonly party: string;
  readonly dev: string;
  readonly subnets: Subnet[];
  readonly loose: { readonly address: Address; readonly what: string }[];
  readonly instances: Set<string>;
}

/**
 * Returns the segments to which the directors' devices belong: devices with a common subnet, or with the same VRRP
 * instance, are on one wire. `vips` are the addresses that no machine has as its own.
 */
export function wiresOf(parties: readonly Party[], shared: readonly Shared[], vips: ReadonlySet<string>): Wire[] {
  const ends = parties.flatMap((party) => endsOf(party, shared, vips));
  const known = ends.flatMap((e) => e.subnets);
  const wires: Wire[] = [];
  const groups = grouped(ends);
  for (const group of groups) {
    const wire: Wire = { name: '', subnets: [], guesses: [], devices: new Map(group.map((e) => [e.party, e.dev])) };
    for (const subnet of group.flatMap((e) => e.subnets).sort((a, b) => a.prefix - b.prefix))
      if (!wire.subnets.some((s) => overlaps(s, subnet))) wire.subnets.push(subnet);
    wires.push(wire);
  }
  for (const [i, group] of groups.entries()) {
    const wire = wires[i];
    for (const { address, what } of group.flatMap((e) => e.loose)) {
      if (!wire || wireOf(wires, address)) continue;
      const subnet = usualSubnet(address, known);
      wire.subnets.push(subnet);
      known.push(subnet);
      wire.guesses.push(`${subnetText(subnet)}: of it only ${what} ${address.text} is known`);
    }
  }
  return wires;
}

function endsOf(party: Party, shared: readonly Shared[], vips: ReadonlySet<string>): readonly End[] {
  const ends = new Map<string, End>();
  const end = (dev: string): End => {
    const plain = plainDevice(dev);
    const found = ends.get(plain) ?? { party: party.name, dev: plain, subnets: [], loose: [], instances: new Set() };
    ends.set(plain, found);
    return found;
  };
  const take = (held: Held, dev: string, what: string) => {
    if (isWhole(held)) end(dev).loose.push({ address: held.address, what });
    else end(dev).subnets.push(networkOf({ address: held.address, prefix: held.prefix ?? 0 }));
  };
  for (const { address, prefix, dev } of party.machine?.addresses ?? []) {
    const isHost = prefix >= (address.family === 4 ? 31 : 127);
    if (!isHost) end(dev).subnets.push(networkOf({ address, prefix }));
    else if (!vips.has(address.text)) end(dev).loose.push({ address, what: 'the address' });
  }
  for (const { instance, members, name } of shared) {
    const own = members.find((m) => m.party === party.name)?.instance ?? instance;
    if (!members.some((m) => m.party === party.name)) continue;
    const dev = deviceOf(own);
    end(dev).instances.add(name);
    for (const vip of own.vips) if (vip.dev !== 'lo') take(vip, vip.dev ?? dev, 'the VIP');
    for (const { kind, name: tracked } of own.tracked) if (kind === 'device' && tracked !== 'lo') end(tracked);
    for (const { address } of own.peers) end(dev).loose.push({ address, what: 'the peer' });
  }
  for (const { address, dev } of party.own) end(dev).loose.unshift({ address, what: 'the address' });
  for (const held of party.director.statics) take(held, held.dev ?? 'eth0', 'the address');
  return [...ends.values()];
}

/** Groups devices that are on one wire. */
function grouped(ends: readonly End[]): readonly (readonly End[])[] {
  const groups: End[][] = [];
  const isBlank = (e: End) => e.instances.size + e.subnets.length + e.loose.length === 0;
  const reaches = (a: End, b: End) => a.subnets.some((s) => b.loose.some((l) => contains(s, l.address)));
  const joins = (a: End, b: End) =>
    a.party !== b.party &&
    ([...a.instances].some((i) => b.instances.has(i)) ||
      (a.dev === b.dev && (isBlank(a) || isBlank(b))) ||
      a.subnets.some((s) => b.subnets.some((t) => overlaps(s, t))) ||
      reaches(a, b) ||
      reaches(b, a));
  for (const end of ends) {
    const near = groups.filter((g) => g.some((e) => joins(e, end)));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([...near.flat(), end]);
  }
  return groups;
}

/** Returns a subnet of the private ranges that overlaps none of these. */
export function unusedSubnet(candidates: readonly string[], wires: readonly Wire[]): Subnet {
  const all = wires.flatMap((w) => w.subnets);
  const found = candidates.flatMap((c) => parseSubnet(c) ?? []).find((s) => !all.some((o) => overlaps(o, s)));
  if (!found) throw new Error('every candidate overlaps a subnet of the lab');
  return found;
}
