import { addressesOf, familyOf, linkTo } from '../lab/lookup.ts';
import type { Service } from '../lab/model.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Bed } from './bed.ts';
import { ask, servers } from './traffic.ts';

/** Client addresses that ask where the client's address decides. */
export const SOURCES = 32;

/**
 * Connections from many client addresses, so many from each, and who answered them. `order` says in which
 * order they ask. Throws CannotObserve when not all are answered.
 */
export async function fromMany(
  bed: Bed,
  service: Service,
  times: number,
  order: (sources: readonly string[]) => readonly string[] = (sources) => sources,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { client } = bed;
  const family = familyOf(service.vip);
  const device = bed.towards(client, service.vip).name;
  const own = linkTo(client, service.vip)?.addresses[0]?.address ?? addressesOf(client)[0] ?? '';
  const taken = new Set(bed.lab.nodes.flatMap(addressesOf));
  const sources = freeAddresses(own, family, SOURCES, new Set([...taken, service.vip]));
  const prefix = family === 4 ? 32 : 128;
  const change = (verb: string, end: string) =>
    bed.run(client.name, [
      'sh',
      '-c',
      `${sources.map((s) => `ip addr ${verb} ${s}/${prefix} dev ${device}${verb === 'add' && family === 6 ? ' nodad' : ''}`).join('; ')}${end}`,
    ]);
  await change('add', '');
  try {
    const requests = await ask(bed, service, { sources: order(sources), count: SOURCES * times });
    if (requests.length < SOURCES * times || requests.some((r) => r.status !== 200))
      throw new CannotObserve(`only ${servers(requests).length} of ${SOURCES * times} connections were answered`);
    return new Map(sources.map((s) => [s, servers(requests.filter((r) => r.source === s))]));
  } finally {
    await change('del', '');
  }
}

/** Addresses after `own` that nobody has. */
function freeAddresses(own: string, family: 4 | 6, n: number, taken: ReadonlySet<string>): readonly string[] {
  const split = own.lastIndexOf(family === 4 ? '.' : ':') + 1;
  const out: string[] = [];
  for (let i = 0; out.length < n && i < 250; i++) {
    const last = family === 4 ? String(1 + ((Number(own.slice(split)) + i) % 253)) : (0x1000 + i).toString(16);
    const address = `${own.slice(0, split)}${last}`;
    if (!taken.has(address)) out.push(address);
  }
  return out;
}
