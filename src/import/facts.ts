import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeFile } from '../lab/take.ts';
import { type Address, isLinkLocal, isLoopback, parseAddress, parseSubnet } from '../net/cidr.ts';
import { IMPORT_LIMITS } from './limits.ts';
import type { Told } from './told.ts';

/** What `ip addr` and `ip route` say of a machine. */
export interface Machine {
  readonly name: string;
  readonly addresses: readonly { readonly address: Address; readonly prefix: number; readonly dev: string }[];
  readonly routes: readonly { readonly to: string; readonly via: Address }[];
}

/** Words of a file's name that say what is in it, not whose it is. */
const CONTENT = /^(ip|ip4|ip6|4|6|a|r|j|addr|addrs|address|addresses|route|routes|show|list|json|txt|out|log)$/;

/**
 * Reads the outputs of `ip addr` and `ip route` in a folder, plain or JSON: a file or a folder for each machine, which is
 * called by the first part of its name (`lb1.txt`, `lb1-addr.json`, `lb1/route`).
 */
export function readFacts(folder: string, told: Told): readonly Machine[] {
  const machines = new Map<
    string,
    { addresses: Machine['addresses'][number][]; routes: Machine['routes'][number][] }
  >();
  for (const { machine, file } of filesIn(folder, told)) {
    const taken = takeFile(file, { within: undefined, most: IMPORT_LIMITS.bytes });
    if (!taken.ok) {
      told.wrongFile(file, taken.error);
      continue;
    }
    const own = machines.get(machine) ?? { addresses: [], routes: [] };
    machines.set(machine, own);
    const text = taken.value.bytes.toString('utf8');
    const found = /^\s*\[/.test(text) ? readJson(text) : readPlain(text);
    if (!found || found.addresses.length + found.routes.length === 0)
      told.lose(
        { file, line: 1 },
        'no address and no route by a gateway is in this file (expected the output of ip addr or ip route)',
      );
    own.addresses.push(
      ...(found?.addresses ?? []).filter((f) => !own.addresses.some((o) => o.address.text === f.address.text)),
    );
    own.routes.push(...(found?.routes ?? []));
  }
  return [...machines].map(([name, found]) => ({ name, ...found }));
}

function filesIn(folder: string, told: Told): readonly { readonly machine: string; readonly file: string }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .slice(0, IMPORT_LIMITS.files)
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((entry) =>
        entry.isDirectory()
          ? readdirSync(join(folder, entry.name))
              .slice(0, IMPORT_LIMITS.files)
              .map((name) => ({ machine: entry.name, file: join(folder, entry.name, name) }))
          : [{ machine: machineOf(entry.name), file: join(folder, entry.name) }],
      );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    told.wrongFile(
      folder,
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a folder' : 'cannot be read',
    );
    return [];
  }
}

function machineOf(name: string): string {
  const parts = name.split(/([-_.])/);
  let end = parts.length;
  while (end > 2 && CONTENT.test(parts[end - 1] ?? '')) end -= 2;
  return parts.slice(0, end).join('');
}

type Found = Omit<Machine, 'name'>;

function isUsable(address: Address, dev: string): boolean {
  return dev !== 'lo' && !isLoopback(address) && !isLinkLocal(address);
}

/** Reads `ip addr`, `ip -o addr`, `ip -br addr` and `ip route` (ip-address(8), ip-route(8)). */
function readPlain(text: string): Found {
  const addresses: Machine['addresses'][number][] = [];
  const routes: Machine['routes'][number][] = [];
  let dev = '';
  for (const line of text.split('\n')) {
    const head = /^\d+: ([^\s:@]+)(?:@\S+)?:?\s/.exec(line);
    const brief = /^([A-Za-z][^\s@]*)(?:@\S+)?\s+(?:UP|DOWN|UNKNOWN)\s+(.*)$/.exec(line);
    if (head?.[1]) dev = head[1];
    const texts = brief ? (brief[2] ?? '').split(/\s+/) : [...line.matchAll(/\binet6? (\S+)/g)].map((m) => m[1] ?? '');
    for (const each of texts) {
      const subnet = parseSubnet(each);
      const on = brief?.[1] ?? dev;
      if (subnet && isUsable(subnet.address, on))
        addresses.push({ address: subnet.address, prefix: subnet.prefix, dev: on });
    }
    const [, to, via] = /^(default|[0-9a-f.:]+(?:\/\d+)?) via (\S+)/.exec(line.trim()) ?? [];
    const gateway = parseAddress(via ?? '');
    if (to !== undefined && gateway && !isLinkLocal(gateway)) routes.push({ to, via: gateway });
  }
  return { addresses, routes };
}

/** Reads `ip -j addr` and `ip -j route`. */
function readJson(text: string): Found | undefined {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return undefined;
  }
  const found = { addresses: [] as Machine['addresses'][number][], routes: [] as Machine['routes'][number][] };
  for (const row of Array.isArray(rows) ? (rows as unknown[]) : []) {
    const { ifname, addr_info, dst, gateway } = (row ?? {}) as Record<string, unknown>;
    for (const info of Array.isArray(addr_info) ? (addr_info as unknown[]) : []) {
      const { local, prefixlen } = (info ?? {}) as Record<string, unknown>;
      const subnet = parseSubnet(`${String(local)}/${String(prefixlen)}`);
      const dev = String(ifname).split('@')[0] ?? '';
      if (subnet && isUsable(subnet.address, dev))
        found.addresses.push({ address: subnet.address, prefix: subnet.prefix, dev });
    }
    const via = parseAddress(typeof gateway === 'string' ? gateway : '');
    if (typeof dst === 'string' && via && !isLinkLocal(via)) found.routes.push({ to: dst, via });
  }
  return found;
}
