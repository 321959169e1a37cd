import { createHash } from 'node:crypto';
import type { HostAddress } from '../model/node.ts';
import { parseAddress } from '../net/cidr.ts';

/** The MAC addresses of a lab; each is given once. */
export class Macs {
  readonly #given = new Set<string>();

  /**
   * Returns a MAC address that is unique in the lab. If possible it is readable: 02:00 (for IPv6: 02:06) and the last
   * four bytes of the first address, so 02:00:c0:a8:64:0b is 192.168.100.11. Without an address, or if an earlier
   * address has the same ending, it is derived from `seed`, which is unique among the lab's cards and devices.
   */
  give(addresses: readonly HostAddress[], seed: string): string {
    let mac = readable(addresses[0]);
    for (let i = 0; mac === undefined || this.#given.has(mac); i++) mac = made(i === 0 ? seed : `${seed}#${i}`);
    this.#given.add(mac);
    return mac;
  }
}

function readable(own: HostAddress | undefined): string | undefined {
  const address = own && parseAddress(own.address);
  return address && written(address.family === 4 ? '00' : '06', (address.value & 0xffffffffn).toString(16));
}

function made(seed: string): string {
  return written('ff', createHash('sha256').update(seed).digest('hex').slice(0, 8));
}

/** Formats a MAC address: locally administered and unicast (02). */
function written(kind: string, low: string): string {
  return ['02', kind, ...(low.padStart(8, '0').match(/../g) ?? [])].join(':');
}
