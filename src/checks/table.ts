import { driverOf } from '../drivers/index.ts';
import type { ServiceTable, TableReal, TableService, TableTimeouts } from '../drivers/service-table.ts';
import type { Lab } from '../model/lab.ts';
import { directors, familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Persistence, Real, Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import { visibleJson } from '../visible.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';

/** Returns a service's entry in a director's table. */
export function entryOf(table: ServiceTable, service: Service): TableService | undefined {
  return table.services.find(
    (s) => s.address === service.vip && s.port === service.port && s.protocol === service.protocol,
  );
}

/**
 * Returns the weight that each running director gives a real server of a service; no weight if the server is not in the
 * table.
 */
export async function weightsOf(
  bed: Bed,
  service: Service,
  node: string,
): Promise<readonly { readonly director: string; readonly weight: number | 'none' }[]> {
  const own = service.reals.find((r) => r.node === node);
  return Promise.all(
    directors(bed.lab)
      .filter((d) => bed.running.nodes.get(d.name)?.running)
      .map(async (d) => {
        const reals = entryOf(await bed.table(d.name), service)?.reals ?? [];
        const entry = reals.find((r) => r.address === own?.address && r.port === own.port);
        return { director: d.name, weight: entry?.weight ?? 'none' };
      }),
  );
}

/** A property of a service in a director's table, in the same words as the expected value. */
interface Aspect {
  readonly id: string;
  readonly what: string;
  /** Returns the expected value on a director. */
  readonly wanted: (director: LabNode) => string;
  readonly of: (entry: TableService, table: ServiceTable) => string;
}

/** Returns all properties that a director's table shows of a service. */
function aspects(lab: Lab, service: Service): readonly Aspect[] {
  const wanted = (words: (r: Real) => string) => () => sorted(service.reals.map((r) => words(r)));
  const of = (words: (r: TableReal) => string) => (entry: TableService) => sorted(entry.reals.map((r) => words(r)));
  const at = (r: { address: string; port: number }) => endpoint(r.address, r.port);
  return [
    { id: 'table.servers', what: 'real servers', wanted: wanted(at), of: of(at) },
    {
      id: 'table.weight',
      what: 'weights',
      wanted: wanted((r) => `${at(r)} ${r.weight}`),
      of: of((r) => `${at(r)} ${r.weight}`),
    },
    {
      id: 'table.forward',
      what: 'forwarding method',
      wanted: (d) => sorted(service.reals.map((r) => `${at(r)} ${driverOf(d).shows(service).forward}`)),
      of: of((r) => `${at(r)} ${r.forward}`),
    },
    {
      id: 'table.limits',
      what: 'connection limits',
      wanted: wanted((r) => `${at(r)} none`),
      of: of((r) => `${at(r)} ${limitWords(r)}`),
    },
    { id: 'table.scheduler', what: 'scheduler', wanted: () => service.scheduler, of: (entry) => entry.scheduler },
    {
      id: 'table.flags',
      what: 'flags',
      wanted: (d) => flagWords(driverOf(d).shows(service)),
      of: flagWords,
    },
    {
      id: 'table.persistence',
      what: 'persistence',
      wanted: () => persistenceWords(service, service.persistence),
      of: ({ persistence, mask }) =>
        persistenceWords(
          service,
          persistence === undefined ? undefined : { time: persistence * 1000, mask: mask ?? wholeMask(service) },
        ),
    },
    ...(directors(lab).every((d) => driverOf(d).tellsTimeouts) ? [timeoutAspect(lab)] : []),
  ];
}

function timeoutAspect(lab: Lab): Aspect {
  return {
    id: 'table.timeouts',
    what: 'connection timeouts',
    wanted: (d) => timeoutWords(lab.timeouts ? inSeconds(lab.timeouts) : driverOf(d).timeouts),
    of: (_, { timeouts }) => (timeouts ? timeoutWords(timeouts) : 'unknown'),
  };
}

function sorted(values: readonly string[]): string {
  return [...values].sort().join(', ');
}

function flagWords({ flags }: { readonly flags: readonly string[] }): string {
  return flags.join(' ') || 'none';
}

function limitWords({ upper, lower }: TableReal): string {
  if (upper === undefined || lower === undefined) return 'unknown';
  return upper === 0 && lower === 0 ? 'none' : `at most ${upper}, free again below ${lower}`;
}

function wholeMask({ vip }: Service): number {
  return familyOf(vip) === 4 ? 32 : 128;
}

function persistenceWords(service: Service, persistence: Persistence | undefined): string {
  if (!persistence) return 'none';
  const whose =
    persistence.mask === wholeMask(service) ? '' : ` for clients that share ${persistence.mask} leading bits`;
  return `${Math.ceil(persistence.time / 1000)} s${whose}`;
}

function inSeconds({ tcp, fin, udp }: NonNullable<Lab['timeouts']>): TableTimeouts {
  return { tcp: Math.ceil(tcp / 1000), fin: Math.ceil(fin / 1000), udp: Math.ceil(udp / 1000) };
}

function timeoutWords({ tcp, fin, udp }: TableTimeouts): string {
  return `tcp ${tcp} s, after a FIN ${fin} s, udp ${udp} s`;
}

/**
 * Returns whether a director's table holds only the lab's own entries: the user supplies no script or configuration.
 */
function isOurs(node: LabNode): boolean {
  return !node.manual && node.setup === undefined && node.keepalived === undefined;
}

function isOne(all: readonly string[]): boolean {
  return all.every((s) => s === all[0]);
}

function eachWords(names: readonly string[], words: readonly string[]): string {
  return names.map((n, i) => `${n}: ${words[i]}`).join('; ');
}

/** Returns a check that each of these directors' tables has the expected value. */
function saysCheck(
  service: Service,
  nodes: readonly LabNode[],
  within: number,
  { id, what, wanted }: Omit<Aspect, 'of'>,
  of: (table: ServiceTable) => string,
): CheckSpec {
  const names = nodes.map((n) => n.name);
  return {
    id,
    subject: service.name,
    promise: `${what} on ${isOne(nodes.map(wanted)) ? `${names.join(' and ')}: ${nodes.slice(0, 1).map(wanted)}` : eachWords(names, nodes.map(wanted))}`,
    within,
    every: 250,
    look: async (bed) => {
      const seen = await Promise.all(
        names.map(async (name) => {
          const table = await bed.table(name);
          bed.evidence.write(`table-${name}.json`, visibleJson(table, 2));
          return of(table);
        }),
      );
      return {
        ok: nodes.every((n, i) => seen[i] === wanted(n)),
        seen: isOne(seen) ? `${seen[0]} on ${names.join(' and ')}` : eachWords(names, seen),
        evidence: names.map((n) => `table-${n}.json`),
      };
    },
  };
}

/**
 * Returns checks that each director's table matches the lab's definition of a service, one check per property, and
 * holds no service that is not in the lab.
 */
export function tableChecks(lab: Lab, service: Service, within: number): readonly CheckSpec[] {
  const whole = directors(lab).filter(isOurs);
  const at = (s: { protocol: string; port: number }, address: string) => `${s.protocol} ${endpoint(address, s.port)}`;
  const services = {
    id: 'table.services',
    what: 'services',
    wanted: () => sorted(lab.services.map((s) => at(s, s.vip))),
  };
  return [
    ...aspects(lab, service).map((aspect) =>
      saysCheck(service, directors(lab), within, aspect, (table) => {
        const entry = entryOf(table, service);
        return entry ? aspect.of(entry, table) : 'no such service';
      }),
    ),
    ...(whole.length === 0
      ? []
      : [saysCheck(service, whole, within, services, (table) => sorted(table.services.map((s) => at(s, s.address))))]),
  ];
}
