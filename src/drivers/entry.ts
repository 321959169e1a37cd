import { byMode, familyOf, marked } from '../model/lookup.ts';
import type { Real, Service } from '../model/service.ts';
import type { Mode } from '../model/words.ts';
import { endpoint } from '../net/cidr.ts';
import type { ServiceTable, TableConnection, TableReal, TableService } from './service-table.ts';

/** How a director's table names a service. */
export type EntryName = Pick<TableService, 'protocol' | 'address' | 'port' | 'family'>;

/** Returns how a director's table names a service of the lab. */
export function entryName({ vip, port, protocol, entry }: Service): EntryName {
  if (entry?.kind === 'mark') return { protocol: 'fwm', address: String(entry.mark), port: 0, family: familyOf(vip) };
  return { protocol, address: vip, port: entry ? 0 : port };
}

/** Names an entry in words: `tcp 10.0.0.100:80`, `fwm 7`. */
export function entryWords({ protocol, address, port, family }: EntryName): string {
  if (protocol === 'fwm') return `fwm ${address}${family === 6 ? ' IPv6' : ''}`;
  return `${protocol} ${endpoint(address, port)}`;
}

/** Returns the port that a real server has in a director's table. */
export function listedPort({ port, listed }: Real): number {
  return listed ?? port;
}

/** The mode of each forwarding method, by its name in a table. */
const MODES: Readonly<Record<string, Mode>> = { Masq: 'nat', Route: 'dr', Tunnel: 'tun', FullNat: 'fnat' };

/** Returns the mode in which a table forwards to a real server, whatever the lab says: so a server is put back as it was. */
function forwards({ forward }: TableReal): Mode | undefined {
  return MODES[forward.split(' ')[0] ?? ''];
}

/** An entry of a director's table that takes a service's connections. */
export interface Found {
  readonly entry: TableService;
  /** The service as the table has it: under the entry's name, with the ports and modes that it lists for real servers. */
  readonly service: Service;
}

/**
 * Returns the entry of a director's table that takes a service's connections. If the table has none of the lab's own
 * name, and the lab names a VIP and a port, it is the one for every port of the VIP, or a firewall mark that leads to
 * the same real servers: a table does not tell which packets are marked.
 */
export function findEntry(table: ServiceTable, service: Service): Found | undefined {
  return entriesFor(table, service)[0];
}

/** Returns every entry that may take a service's connections, the likeliest first. */
export function entriesFor(table: ServiceTable, service: Service): readonly Found[] {
  const wanted = entryWords(entryName(service));
  const exact = table.services.filter((s) => entryWords(s) === wanted);
  const others = service.entry === undefined ? [...everyPort(table, service), ...marks(table, service)] : [];
  return (exact.length > 0 ? exact : others).map((entry) => ({ entry, service: listed(service, entry) }));
}

function everyPort(table: ServiceTable, { vip, protocol }: Service): readonly TableService[] {
  return table.services.filter((s) => s.address === vip && s.port === 0 && s.protocol === protocol);
}

/** Returns the marks that lead to a service's real servers: first to most of them, and by the same scheduler. */
function marks(table: ServiceTable, { vip, reals, scheduler }: Service): readonly TableService[] {
  const common = (s: TableService) => s.reals.filter((t) => reals.some((r) => r.address === t.address)).length;
  const likeness = (s: TableService) => 2 * common(s) + (s.scheduler === scheduler ? 1 : 0);
  return table.services
    .filter((s) => s.protocol === 'fwm' && (s.family ?? 4) === familyOf(vip) && common(s) > 0)
    .sort((a, b) => likeness(b) - likeness(a));
}

function listed(service: Service, entry: TableService): Service {
  const { entry: own, ...rest } = service;
  const named: Pick<Service, 'entry'> =
    entry.protocol === 'fwm'
      ? { entry: { kind: 'mark', mark: Number(entry.address) } }
      : entry.port === 0
        ? { entry: own ?? { kind: 'ports', asked: [service.port] } }
        : {};
  const reals = service.reals.map((real) => {
    const row = rowOf(entry, real);
    if (row === undefined) return real;
    const mode = forwards(row);
    return { ...real, listed: row.port, ...(mode === undefined ? {} : { mode }) };
  });
  return { ...rest, ...named, reals };
}

/**
 * Returns whether the port that an entry lists for its real servers is not used: packets keep theirs if it is 0, unless
 * NAT maps it, and under an entry for several ports that is persistent (ip_vs_sched_persist in ip_vs_core.c).
 */
function keepsPorts({ protocol, port, persistence }: TableService, row: TableReal): boolean {
  if (protocol !== 'fwm' && port !== 0) return false;
  return row.port === 0 || persistence !== undefined || row.forward !== 'Masq';
}

/** Returns the row of a real server of a service in an entry. */
export function rowOf(entry: TableService, real: Real): TableReal | undefined {
  const rows = entry.reals.filter((row) => row.address === real.address);
  return (
    rows.find((row) => row.port === listedPort(real)) ??
    rows.find((row) => keepsPorts(entry, row) || row.port === real.port)
  );
}

/** Returns the entry's real servers with the ports on which they answer, where the entry leaves them to the packets. */
export function rowsAsAnswered({ entry, service }: Found): readonly TableReal[] {
  return entry.reals.map((row) => {
    const real = service.reals.find((r) => rowOf(entry, r) === row);
    return real ? { ...row, port: real.port } : row;
  });
}

/**
 * Returns whether a connection, or a persistence template, of a director belongs to a service as its table has it.
 * A template of a firewall mark has the mark in place of an address (ip_vs_sched_persist in ip_vs_core.c).
 */
export function belongs({ address, port }: TableConnection, service: Service): boolean {
  const { entry, vip } = service;
  if (entry?.kind === 'mark') return port === 0 && address === markAddress(entry.mark, familyOf(vip));
  return address === vip && port === entryName(service).port;
}

/** Returns a mark in the form of an address, as ipvsadm prints it for templates: its four bytes come first. */
function markAddress(mark: number, family: 4 | 6): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(mark / 2 ** shift) % 256);
  if (family === 4) return bytes.join('.');
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const groups = [a * 256 + b, c * 256 + d].map((g) => g.toString(16));
  return `${groups[0]}:${groups[1]}::`;
}

/** Returns services without those whose entry an earlier one has already: services of one mark share it. */
export function distinctEntries(services: readonly Service[]): readonly Service[] {
  return services.filter((s) => s.entry?.kind !== 'mark' || marked(services, s)[0] === s);
}

/** Returns every forwarding mode of a service's real servers. */
export function modesUsed(service: Service): readonly Service['mode'][] {
  return byMode(service).map((s) => s.mode);
}
