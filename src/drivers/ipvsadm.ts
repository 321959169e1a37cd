import { CannotObserve } from '../cannot-observe.ts';
import { parseAddress } from '../net/cidr.ts';
import type {
  Counters,
  ServiceTable,
  TableConnection,
  TableReal,
  TableService,
  TableTimeouts,
} from './service-table.ts';

/**
 * Reads a whole number. Throws CannotObserve if it is not one: the program that answers on a node need not be ipvsadm.
 */
function whole(text: string | undefined): number {
  const number = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw new CannotObserve(`ipvsadm printed "${(text ?? '').slice(0, 60)}" where a whole number was expected`);
  return number;
}

/** Splits `1.2.3.4:80` or `[::1]:80`; also accepts a firewall mark, which has no port. */
export function splitEndpoint(text: string): { address: string; port: number } {
  if (/^\d+$/.test(text)) return { address: String(whole(text)), port: 0 };
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text);
  if (!match?.[1]) throw new CannotObserve(`ipvsadm printed "${text.slice(0, 60)}" where ADDRESS:PORT was expected`);
  return { address: match[1], port: whole(match[2]) };
}

interface Row {
  readonly service: { readonly protocol: string; readonly words: readonly string[] } | undefined;
  readonly real: readonly string[] | undefined;
}

/** Reads the rows of any ipvsadm list: a service's line starts with its protocol, a real server's with an arrow. */
function rows(output: string): Row[] {
  return output.split('\n').flatMap((line): Row[] => {
    const words = line.trim().split(/\s+/);
    const [first = '', ...rest] = words;
    if (['TCP', 'UDP', 'SCTP', 'FWM', 'MATCH'].includes(first))
      return [{ service: { protocol: first.toLowerCase(), words: rest }, real: undefined }];
    if (first === '->' && /:\d+$/.test(rest[0] ?? '')) return [{ service: undefined, real: rest }];
    return [];
  });
}

/** Reads `ipvsadm -Ln` (ipvsadm(8), also DPVS's own). Throws CannotObserve on an endpoint or a number that it cannot read. */
export function parseTable(output: string): ServiceTable {
  const services: (TableService & { reals: TableReal[] })[] = [];
  for (const { service, real } of rows(output)) {
    if (service) {
      const [where = '', scheduler = '', ...words] = service.words.filter((w) => w !== 'IPv6');
      services.push({
        protocol: service.protocol,
        // DPVS balances packets that match a description, too (SNAT): it has no port.
        ...(service.protocol === 'match' ? { address: where, port: 0 } : splitEndpoint(where)),
        ...(service.protocol === 'fwm' ? { family: service.words.includes('IPv6') ? 6 : 4 } : {}),
        scheduler,
        ...parseFlags(words),
        reals: [],
      });
    } else if (real) {
      const [where = '', forward = '', weight, active, inactive] = real;
      services.at(-1)?.reals.push({
        ...splitEndpoint(where),
        forward,
        weight: whole(weight),
        activeConnections: whole(active),
        inactiveConnections: whole(inactive),
      });
    }
  }
  return { services };
}

/** Reads the words after a service's scheduler: its persistence and all other flags. */
function parseFlags(words: readonly string[]): Pick<TableService, 'persistence' | 'mask' | 'flags'> {
  const known: { persistence?: number; mask?: number } = {};
  const flags: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'persistent') known.persistence = whole(words[++i]);
    else if (word === 'mask') known.mask = leadingBits(words[++i] ?? '');
    else flags.push(word);
  }
  return { ...known, flags };
}

/** Returns the leading bits of a netmask; IPv6 shows them as a number. */
function leadingBits(mask: string): number {
  const netmask = parseAddress(mask);
  return netmask ? netmask.value.toString(2).replaceAll('0', '').length : whole(mask);
}

/** Reads `ipvsadm -L --timeout`; returns undefined if the output has no timeouts. */
export function parseTimeouts(output: string): TableTimeouts | undefined {
  const [, tcp, fin, udp] = /^Timeout \(tcp tcpfin udp\): (\d+) (\d+) (\d+)$/m.exec(output) ?? [];
  return tcp === undefined ? undefined : { tcp: Number(tcp), fin: Number(fin), udp: Number(udp) };
}

/**
 * Reads the limits (`ipvsadm -Ln --thresholds`) or the tunnel (`--tun-info`) of each real server, in the table's order.
 */
export function parseReals<T>(output: string, read: (words: readonly string[]) => T): readonly T[][] {
  const services: T[][] = [];
  for (const { service, real } of rows(output)) {
    if (service) services.push([]);
    if (real) services.at(-1)?.push(read(real.slice(1)));
  }
  return services;
}

/** Reads a real server's limits from a row of `ipvsadm -Ln --thresholds`. */
export function readLimits([upper, lower]: readonly string[]): Pick<TableReal, 'upper' | 'lower'> {
  return { upper: whole(upper), lower: whole(lower) };
}

/** Reads a real server's tunnel from a row of `ipvsadm -Ln --tun-info`. */
export function readTunnel([, tunnel = '']: readonly string[]): Pick<TableReal, 'tunnel'> {
  return { tunnel };
}

/** Reads a real server's counters from a row of `ipvsadm -Ln --stats --exact`, or `--rate`. */
export function readCounters(words: readonly string[]): Counters {
  const [connections = 0, inPackets = 0, outPackets = 0, inBytes = 0, outBytes = 0] = words.slice(0, 5).map(whole);
  return { connections, inPackets, outPackets, inBytes, outBytes };
}

/** What one of the other lists shows for each real server, service by service. */
type Told = readonly (readonly Partial<TableReal>[])[];

/** Merges the lists into the table; a list that does not match the table (which changed in between) is left out. */
export function joinTable({ services, ...rest }: ServiceTable, lists: readonly Told[]): ServiceTable {
  return {
    ...rest,
    services: services.map((service, s) => ({
      ...service,
      reals: service.reals.map((real, r) =>
        Object.assign({}, real, ...lists.map((list) => (list[s]?.length === service.reals.length ? list[s]?.[r] : {}))),
      ),
    })),
  };
}

/**
 * Reads `ipvsadm -Lnc`: protocol, remaining time, state, client, VIP and real server of each connection and template.
 */
export function parseConnections(output: string): readonly TableConnection[] {
  return output.split('\n').flatMap((line): TableConnection[] => {
    const [, left = '', , source = '', virtual = ''] = line.trim().split(/\s+/);
    if (!/^\d+:\d+$/.test(left)) return []; // a heading
    const [client, { address, port }] = [splitEndpoint(source), splitEndpoint(virtual)];
    return [{ client: client.address, clientPort: client.port, address, port }];
  });
}
