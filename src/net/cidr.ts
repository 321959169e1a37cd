import { isIP } from 'node:net';

/** An IP address in its canonical text form, with its family and number. */
export interface Address {
  readonly text: string;
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A subnet: its first address and the length of its prefix in bits. */
export interface Subnet {
  readonly address: Address;
  readonly prefix: number;
}

const WIDTH = { 4: 32n, 6: 128n } as const;

/** Formats the number of an address as text; IPv6 is compressed according to RFC 5952. */
export function formatAddress(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((s) => (value >> s) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === '0') n++;
    if (n > length) [start, length] = [i, n];
  }
  if (start < 0) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** Parses an IPv4 or IPv6 address; returns undefined if it is not one. */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 4) {
    const value = text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    return { text: formatAddress(value, 4), family, value };
  }
  if (family !== 6 || text.includes('%')) return undefined;
  let source = text;
  const dotted = source.match(/[\d.]+$/)?.[0];
  if (dotted?.includes('.')) {
    const v4 = parseAddress(dotted);
    if (!v4) return undefined;
    source = `${source.slice(0, -dotted.length)}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}`;
  }
  const [head = '', tail] = source.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const value = [...left, ...Array<string>(zeros).fill('0'), ...right].reduce(
    (sum, g) => (sum << 16n) + BigInt(`0x${g}`),
    0n,
  );
  return { text: formatAddress(value, 6), family: 6, value };
}

function hostBits(subnet: Subnet): bigint {
  return WIDTH[subnet.address.family] - BigInt(subnet.prefix);
}

/** Parses `ADDRESS/PREFIX`; returns undefined if it is not one. Keeps host bits: see `networkOf`. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  const prefix = Number(match?.[2]);
  return address && prefix <= Number(WIDTH[address.family]) ? { address, prefix } : undefined;
}

/** Returns the subnet with its host bits cleared. */
export function networkOf(subnet: Subnet): Subnet {
  const bits = hostBits(subnet);
  const value = (subnet.address.value >> bits) << bits;
  const { family } = subnet.address;
  return { address: { value, family, text: formatAddress(value, family) }, prefix: subnet.prefix };
}

/** Returns a number of leading bits as tools want it: a netmask for IPv4 (`255.255.255.0` for 24), the number for IPv6. */
export function maskText(bits: number, family: 4 | 6): string {
  return family === 6 ? String(bits) : formatAddress((BigInt(2 ** bits) - 1n) << BigInt(32 - bits), 4);
}

/** Returns the network of a host's address, as text: `10.0.0.0/16` for 10.0.3.1 with prefix 16. */
export function networkText(address: string, prefix: number): string {
  const subnet = parseSubnet(`${address}/${prefix}`);
  if (!subnet) throw new Error(`${address}/${prefix} is no address with its prefix`);
  return `${networkOf(subnet).address.text}/${prefix}`;
}

/** Returns the first and the last address of a network, as text, without its own and its broadcast address. */
export function hostsOf(text: string): { readonly first: string; readonly last: string } {
  const subnet = parseSubnet(text);
  if (!subnet) throw new Error(`${text} is no network`);
  const { value, family } = networkOf(subnet).address;
  const size = 1n << hostBits(subnet);
  const [from, to] = size > 2n ? [value + 1n, value + size - 2n] : [value, value + size - 1n];
  return { first: formatAddress(from, family), last: formatAddress(to, family) };
}

/** Returns the link-local IPv6 address of a card, which Linux derives from its MAC address (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const [first = 0, ...rest] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const bytes = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  return formatAddress(
    bytes.reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0xfe80n << 48n),
    6,
  );
}

/** Parses the destination of a route: a subnet, a single address, or `default`, which is the whole of a family. */
export function parseDestination(to: string, family: 4 | 6): Subnet | undefined {
  if (to === 'default') return parseSubnet(family === 6 ? '::/0' : '0.0.0.0/0');
  return parseSubnet(to) ?? parseSubnet(`${to}/${to.includes(':') ? 128 : 32}`);
}

/** Returns whether the subnet contains the address. */
export function contains(subnet: Subnet, address: Address): boolean {
  if (subnet.address.family !== address.family) return false;
  const bits = hostBits(subnet);
  return subnet.address.value >> bits === address.value >> bits;
}

/** Returns whether two subnets have an address in common. */
export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.prefix <= b.prefix ? contains(a, b.address) : contains(b, a.address);
}

/**
 * Blocks of addresses that no host can have, with their names (RFC 6890, RFC 4291); the first block that contains an
 * address names it.
 */
const NO_HOSTS = [
  [parseSubnet('0.0.0.0/32'), 'the unspecified address'],
  [parseSubnet('0.0.0.0/8'), 'of “this network” (0.0.0.0/8)'],
  [parseSubnet('127.0.0.0/8'), 'a loopback address'],
  [parseSubnet('224.0.0.0/4'), 'a multicast address'],
  [parseSubnet('255.255.255.255/32'), 'the broadcast address'],
  [parseSubnet('::/128'), 'the unspecified address'],
  [parseSubnet('::1/128'), 'a loopback address'],
  [parseSubnet('::ffff:0:0/96'), 'an IPv4 address mapped into IPv6'],
  [parseSubnet('ff00::/8'), 'a multicast address'],
] as const;

/**
 * Returns the kind of an address that no host can have, in words such as `a multicast address`; undefined if a host can
 * have it.
 */
export function notAHost(address: Address): string | undefined {
  return NO_HOSTS.find(([block]) => block && contains(block, address))?.[1];
}

/** Returns whether an address always means the node itself. */
export function isLoopback({ family, value }: Address): boolean {
  return family === 4 ? value >> 24n === 127n : value === 1n;
}

/** Returns whether an IPv6 address is link-local: it identifies a neighbour only together with a link. */
export function isLinkLocal(address: Address): boolean {
  return address.family === 6 && address.value >> 118n === 0xfe80n >> 6n;
}

/**
 * Returns the kind of an address that the subnet reserves, so that no node can have it: the first and the last in IPv4,
 * the first in IPv6 (RFC 4291, the routers' anycast address). Returns undefined if a node can have it.
 */
export function reservedAs(subnet: Subnet, address: Address): string | undefined {
  const bits = hostBits(subnet);
  if (bits <= 1n || !contains(subnet, address)) return undefined;
  const mask = (1n << bits) - 1n;
  const first = (address.value & mask) === 0n;
  if (address.family === 6) return first ? 'the routers’ anycast address' : undefined;
  if (first) return 'the network’s own address';
  return (address.value & mask) === mask ? 'the broadcast address' : undefined;
}

/** Formats `ADDRESS:PORT`, with an IPv6 address in brackets; `*` stands for every port. */
export function endpoint(address: string, port: number | '*'): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Joins consecutive addresses into ranges, first to last, in ascending order. */
export function ranges(addresses: readonly string[]): readonly { readonly first: string; readonly last: string }[] {
  const sorted = addresses
    .flatMap((a) => parseAddress(a) ?? [])
    .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const out: { first: string; last: string; end: bigint }[] = [];
  for (const a of sorted) {
    const open = out.at(-1);
    if (open && a.value === open.end + 1n) Object.assign(open, { last: a.text, end: a.value });
    else out.push({ first: a.text, last: a.text, end: a.value });
  }
  return out.map(({ first, last }) => ({ first, last }));
}
