import type { HostAddress } from '../model/node.ts';
import { type Address, contains, notAHost, parseAddress, parseSubnet, reservedAs, type Subnet } from '../net/cidr.ts';
import type { Resolver } from './resolver.ts';
import type { Path } from './source.ts';

/**
 * Reports an address that no node can have and no packet can be sent to: multicast, loopback and similar ones, or one
 * that its subnet reserves (the lab's subnet, or `own` if the address is written with a prefix).
 */
export function tellUnusable(r: Resolver, address: Address, path: Path, own?: Subnet): void {
  const kind = notAHost(address);
  const home = r.subnetOf(address);
  const inLab = home && reservedAs(home.subnet, address);
  const inOwn = own && reservedAs(own, address);
  if (kind !== undefined) r.wrong(path, `${address.text} is ${kind}; no node can have it`);
  else if (inLab !== undefined)
    r.wrong(path, `${address.text} is ${inLab} of segment "${home?.segment}"; no node can have it`);
  else if (inOwn !== undefined)
    r.wrong(path, `${address.text} is ${inOwn} of its own subnet /${own?.prefix}; no node can have it`);
}

/** Resolves an address on a segment: inside one of its subnets, valid for a host, and not used by another node. */
export function onSegment(
  r: Resolver,
  text: string,
  segment: string,
  path: Path,
  what: string,
): HostAddress | undefined {
  const placed = parseSubnet(text);
  const address = placed?.address ?? parseAddress(text);
  if (!address) return undefined;
  const subnets = r.segments.get(segment) ?? [];
  const subnet = subnets.find((s) => contains(s, address));
  r.claim(address, path, what);
  tellUnusable(r, address, path, placed);
  tellPrefix(r, placed, path);
  if (!subnet && subnets.length > 0) {
    const known = subnets.map((s) => `${s.address.text}/${s.prefix}`).join(', ');
    r.wrong(path, `${text} is outside segment "${segment}" (${known})`);
  }
  if (!subnet && !placed) {
    if (subnets.length === 0) r.wrong(path, `segment "${segment}" has no subnet; write the prefix too: ${text}/24`);
    return undefined;
  }
  return { address: address.text, prefix: placed?.prefix ?? subnet?.prefix ?? 0 };
}

/** Resolves an address of a device: with its own prefix, or in a subnet of the lab. */
export function onDevice(r: Resolver, text: string, path: Path, what: string): HostAddress | undefined {
  const placed = parseSubnet(text);
  const address = placed?.address ?? parseAddress(text);
  if (!address) return undefined;
  r.claim(address, path, what);
  tellUnusable(r, address, path, placed);
  tellPrefix(r, placed, path);
  const prefix = placed?.prefix ?? r.subnetOf(address)?.subnet.prefix;
  if (prefix === undefined) {
    if (!r.incomplete('segments'))
      r.wrong(path, `${text} is in no subnet of the lab; write its prefix too: ${text}/24`);
    return undefined;
  }
  return { address: address.text, prefix };
}

function tellPrefix(r: Resolver, placed: Subnet | undefined, path: Path): void {
  if (placed?.prefix === 0)
    r.wrong(path, 'a prefix of 0 means that all addresses are on this wire; write the prefix of its subnet');
}
