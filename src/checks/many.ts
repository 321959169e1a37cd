import type { Lab } from '../model/lab.ts';
import { addressesOf, familyOf } from '../model/lookup.ts';
import type { HostAddress } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { formatAddress, networkOf, parseSubnet, reservedAs } from '../net/cidr.ts';
import { byCommand } from '../plan/changes.ts';
import { CannotObserve } from '../plan/hand.ts';
import { shell } from '../shell.ts';
import type { Bed } from './bed.ts';
import { ask, servers } from './traffic.ts';

/** Number of client addresses that send requests where the client's address decides. */
export const SOURCES = 32;

/** Shell programs: add addresses to a device, and remove those that it has. */
const ADD = 'prefix=$1 device=$2 flag=$3; shift 3; for a; do ip addr add $a/$prefix dev $device $flag; done';
const REMOVE = 'prefix=$1 device=$2; shift 3; for a; do ip addr del $a/$prefix dev $device 2> /dev/null || true; done';

/**
 * Adds `n` more addresses to the client during `work`, beside the address from which it reaches a service, and always
 * removes them again.
 */
export async function withAddresses<T>(
  bed: Bed,
  service: Service,
  n: number,
  work: (sources: readonly string[]) => Promise<T>,
): Promise<T> {
  const { client } = bed;
  const family = familyOf(service.vip);
  const device = bed.towards(client, service.vip);
  const own = device.addresses.find((a) => familyOf(a.address) === family);
  const sources = own ? freeAddresses(bed.lab, own, n) : [];
  const prefix = family === 4 ? 32 : 128;
  if (sources.length === 0) return work(sources);
  const rest = [String(prefix), device.name, family === 6 ? 'nodad' : '', ...sources];
  const what = `${sources.length} more addresses of ${client.name}, from ${sources[0]}`;
  return bed.changes.during(
    [byCommand(what, client.name, shell(REMOVE, ...rest))],
    (steady) => steady.run(client.name, shell(ADD, ...rest)),
    () => work(sources),
  );
}

/**
 * Opens connections from `clients` client addresses, `times` from each, and returns which servers answered each
 * address. `order` sets the order of the addresses. Throws CannotObserve if not all are answered.
 */
export async function fromMany(
  bed: Bed,
  service: Service,
  clients: number,
  times: number,
  order: (sources: readonly string[]) => readonly string[] = (sources) => sources,
): Promise<ReadonlyMap<string, readonly string[]>> {
  return withAddresses(bed, service, clients, async (sources) => {
    if (sources.length < clients)
      throw new CannotObserve(
        `the subnet of ${bed.client.name} has room for only ${sources.length} of ${clients} clients`,
      );
    const requests = await ask(bed, service, { sources: order(sources), count: clients * times });
    if (requests.length < clients * times || requests.some((r) => r.status !== 200))
      throw new CannotObserve(`only ${servers(requests).length} of ${clients * times} connections were answered`);
    return new Map(sources.map((s) => [s, servers(requests.filter((r) => r.source === s))]));
  });
}

/** Returns `n` unused addresses after `own` on its subnet; fewer if the subnet has no room. */
function freeAddresses(lab: Lab, own: HostAddress, n: number): readonly string[] {
  const subnet = parseSubnet(`${own.address}/${own.prefix}`);
  if (!subnet) return [];
  const { family, value } = subnet.address;
  const taken = new Set([
    ...lab.nodes.flatMap((node) => [...addressesOf(node), ...node.lips.map((l) => l.address)]),
    ...lab.services.map((s) => s.vip),
    ...lab.vrrp.flatMap((v) => v.addresses.map((a) => a.address)),
  ]);
  const size = 1n << BigInt((family === 4 ? 32 : 128) - subnet.prefix);
  const first = networkOf(subnet).address.value;
  const free: string[] = [];
  for (let i = 1n; i < size && free.length < n; i++) {
    const next = first + ((value - first + i) % size);
    const address = { family, value: next, text: formatAddress(next, family) };
    if (!taken.has(address.text) && reservedAs(subnet, address) === undefined) free.push(address.text);
  }
  return free;
}
