import { z } from 'zod';
import { CannotObserve } from '../cannot-observe.ts';
import { readSaid } from '../said.ts';

/** The command by which a node's kernel tells its addresses. */
export const TELL_ADDRESSES: readonly string[] = ['ip', '-json', 'addr', 'show'];

const LINKS = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number(), scope: z.string() })).optional(),
  }),
);

/** The addresses in what `TELL_ADDRESSES` printed, those of a link alone left out. Throws CannotObserve when it is none of its. */
export function readAddresses(json: string): readonly { readonly interface: string; readonly address: string }[] {
  const links = readSaid(LINKS, json);
  if (!links) throw new CannotObserve('`ip -json addr show` prints no addresses');
  return links.flatMap((l) =>
    (l.addr_info ?? [])
      .filter((a) => a.scope === 'global')
      .map((a) => ({ interface: l.ifname, address: `${a.local}/${a.prefixlen}` })),
  );
}
