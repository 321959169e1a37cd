import { type Address, contains, formatAddress, networkOf, parseAddress, type Subnet } from '../net/cidr.ts';

/** Host numbers that are tried for an address in an IPv6 subnet, from its end. */
const LAST_OF_6 = 0xfffen;

/** The addresses of a lab: which are used, and which are free. */
export class Addresses {
  readonly #used = new Set<string>();

  /** Records addresses that somebody has. */
  use(addresses: Iterable<Address>): void {
    for (const { text } of addresses) this.#used.add(text);
  }

  /** Returns a free address of a subnet, from its end, and records it; undefined if the subnet is full. */
  free(subnet: Subnet): Address | undefined {
    const { value, family } = networkOf(subnet).address;
    const bits = BigInt((family === 4 ? 32 : 128) - subnet.prefix);
    if (bits < 2n) return undefined;
    const top = family === 4 ? value + (1n << bits) - 2n : value + (bits > 16n ? LAST_OF_6 : (1n << bits) - 2n);
    for (let at = top; at > value; at--) {
      const address = parseAddress(formatAddress(at, family));
      if (!address || !contains(subnet, address) || this.#used.has(address.text)) continue;
      this.#used.add(address.text);
      return address;
    }
    return undefined;
  }
}
