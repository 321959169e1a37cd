import type { Counters, ServiceTable, TableReal, TableService } from './service-table.ts';

/** `1.2.3.4:80` or `[::1]:80`. */
function splitEndpoint(text: string): { address: string; port: number } {
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text);
  if (!match?.[1]) throw new Error(`ipvsadm printed "${text}" where ADDRESS:PORT was expected`);
  return { address: match[1], port: Number(match[2]) };
}

interface Row {
  readonly service: { readonly protocol: string; readonly words: readonly string[] } | undefined;
  readonly real: readonly string[] | undefined;
}

/** The rows of any of ipvsadm's lists: a service's line starts with its protocol, a real server's with an arrow. */
function rows(output: string): Row[] {
  return output.split('\n').flatMap((line): Row[] => {
    const words = line.trim().split(/\s+/);
    const [first = '', ...rest] = words;
    if (['TCP', 'UDP', 'SCTP'].includes(first))
      return [{ service: { protocol: first.toLowerCase(), words: rest }, real: undefined }];
    if (first === '->' && /:\d+$/.test(rest[0] ?? '')) return [{ service: undefined, real: rest }];
    return [];
  });
}

/** Reads `ipvsadm -Ln` (ipvsadm(8)). Throws on an endpoint that it cannot read. */
export function parseTable(output: string): ServiceTable {
  const services: (TableService & { reals: TableReal[] })[] = [];
  for (const { service, real } of rows(output)) {
    if (service) {
      const [where = '', scheduler = '', ...flags] = service.words;
      const persistent = flags.indexOf('persistent');
      services.push({
        protocol: service.protocol,
        ...splitEndpoint(where),
        scheduler,
        ...(persistent >= 0 ? { persistence: Number(flags[persistent + 1]) } : {}),
        reals: [],
      });
    } else if (real) {
      const [where = '', forward = '', weight, active, inactive] = real;
      services.at(-1)?.reals.push({
        ...splitEndpoint(where),
        forward,
        weight: Number(weight),
        activeConnections: Number(active),
        inactiveConnections: Number(inactive),
      });
    }
  }
  return { services };
}

/** Reads `ipvsadm -Ln --stats --exact`, or `--rate`: the counters of each real server, in the table's order. */
export function parseCounters(output: string): readonly Counters[][] {
  const services: Counters[][] = [];
  for (const { service, real } of rows(output)) {
    if (service) services.push([]);
    if (!real) continue;
    const [connections = 0, inPackets = 0, outPackets = 0, inBytes = 0, outBytes = 0] = real.slice(1).map(Number);
    services.at(-1)?.push({ connections, inPackets, outPackets, inBytes, outBytes });
  }
  return services;
}

/** Puts the three lists together; counters that do not fit the table (it changed in between) are left out. */
export function joinTable(
  table: ServiceTable,
  stats: readonly Counters[][],
  rate: readonly Counters[][],
): ServiceTable {
  return {
    services: table.services.map((service, s) => ({
      ...service,
      reals: service.reals.map((real, r) => {
        const fits = stats[s]?.length === service.reals.length && rate[s]?.length === service.reals.length;
        const [total, average] = [stats[s]?.[r], rate[s]?.[r]];
        return fits && total && average ? { ...real, stats: total, rate: average } : real;
      }),
    })),
  };
}
