import { z } from 'zod';
import { CannotObserve } from '../cannot-observe.ts';
import { readSaid } from '../said.ts';

/** Returns whether an address is among those held, which are written with their prefixes. */
export function holds(held: readonly { readonly address: string }[], address: string): boolean {
  return held.some((h) => h.address.startsWith(`${address}/`));
}

/** The command that prints the addresses of a node's kernel. */
export const TELL_ADDRESSES: readonly string[] = ['ip', '-json', 'addr', 'show'];

const LINKS = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number(), scope: z.string() })).optional(),
  }),
);

/**
 * Returns the addresses in the output of `TELL_ADDRESSES`, without link-local ones. Throws CannotObserve if the output
 * is not from that command.
 */
export function readAddresses(json: string): readonly { readonly interface: string; readonly address: string }[] {
  const links = readSaid(LINKS, json);
  if (!links) throw new CannotObserve('`ip -json addr show` prints no addresses');
  return links.flatMap((l) =>
    (l.addr_info ?? [])
      .filter((a) => a.scope === 'global')
      .map((a) => ({ interface: l.ifname, address: `${a.local}/${a.prefixlen}` })),
  );
}
