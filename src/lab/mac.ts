import { createHash } from 'node:crypto';
import { parseAddress } from '../net/cidr.ts';
import type { HostAddress } from './model.ts';

/** 02:00 (of IPv6: 02:06) and the first address's last four bytes: 02:00:c0:a8:64:0b is 192.168.100.11. Without an address: made from `seed`. */
export function macOf(addresses: readonly HostAddress[], seed: string): string {
  const address = addresses[0] && parseAddress(addresses[0].address);
  const low = address
    ? (address.value & 0xffffffffn).toString(16).padStart(8, '0')
    : createHash('sha256').update(seed).digest('hex').slice(0, 8);
  const family = !address ? 'ff' : address.family === 4 ? '00' : '06';
  return ['02', family, ...(low.match(/../g) ?? [])].join(':');
}
