import type { ShownSnat } from '../drivers/driver.ts';
import { distinctEntries, entryName, entryWords, findEntry, rowsAsAnswered } from '../drivers/entry.ts';
import { driverOf } from '../drivers/index.ts';
import type { ServiceTable, TableReal, TableService, TableTimeouts } from '../drivers/service-table.ts';
import type { Lab } from '../model/lab.ts';
import { directors, familyOf, modeOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Persistence, Real, Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import { endpoint } from '../net/cidr.ts';
import { visibleJson } from '../visible.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';

/** How many entries of a table are shown in place of one that it lacks. */
const SHOWN = 5;

/**
 * Returns a service's entry in a director's table, with its real servers' own ports where the entry leaves the port to
 * the packets.
 */
function entryOf(table: ServiceTable, service: Service): TableService | undefined {
  const found = findEntry(table, service);
  return found && { ...found.entry, reals: rowsAsAnswered(found) };
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
  /** Whether the value is a list: a table with more or fewer entries is told by these. */
  readonly listed?: boolean;
  /** Returns the expected value on a director. */
  readonly wanted: (director: LabNode) => string;
  readonly of: (entry: TableService, table: ServiceTable) => string;
  /** Returns what else is to be said of a director's table. */
  readonly notes?: (table: ServiceTable, director: string) => readonly string[];
}

/** Returns all properties that a director's table shows of a service. */
function aspects(lab: Lab, service: Service): readonly Aspect[] {
  const wanted = (words: (r: Real) => string) => () => sorted(service.reals.map((r) => words(r)));
  const of = (words: (r: TableReal) => string) => (entry: TableService) => sorted(entry.reals.map((r) => words(r)));
  const at = (r: { address: string; port: number }) => endpoint(r.address, r.port);
  return [
    { id: 'table.servers', what: 'real servers', listed: true, wanted: wanted(at), of: of(at) },
    {
      id: 'table.weight',
      what: 'weights',
      wanted: wanted((r) => `${at(r)} ${r.weight}`),
      of: of((r) => `${at(r)} ${r.weight}`),
    },
    {
      id: 'table.forward',
      what: 'forwarding method',
      wanted: (d) =>
        sorted(
          service.reals.map((r) => `${at(r)} ${driverOf(d).shows({ ...service, mode: modeOf(service, r) }).forward}`),
        ),
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

/** What a table shows of a service that it does not have. */
const ABSENT = 'no such service';

/** Returns what a director's list has more than it should, and what it lacks, in words. */
function moreWords(director: LabNode, wanted: string, seen: string): readonly string[] {
  if (seen.startsWith(ABSENT)) return [];
  const [right, has] = [wanted, seen].map((list) => list.split(', ').filter((entry) => entry !== ''));
  const only = (these: readonly string[] = [], others: readonly string[] = []) =>
    these.filter((entry) => !others.includes(entry)).join(', ');
  const [more, less] = [only(has, right), only(right, has)];
  return [
    ...(more === '' ? [] : [`${director.name} has ${more}, which the lab does not have`]),
    ...(less === '' ? [] : [`${director.name} lacks ${less}`]),
  ];
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

/** Says that a table has no entry for a service, and what it has instead. */
function absentWords({ services }: ServiceTable): string {
  const some = services.slice(0, SHOWN).map(entryWords).join(', ');
  const more = services.length > SHOWN ? ` and ${services.length - SHOWN} more` : '';
  return `${ABSENT}${some === '' ? ' (the table is empty)' : ` (the table has ${some}${more})`}`;
}

function isOne(all: readonly string[]): boolean {
  return all.every((s) => s === all[0]);
}

function eachWords(names: readonly string[], words: readonly string[]): string {
  return names.map((n, i) => `${n}: ${words[i]}`).join('; ');
}

/** Returns a check that each of these directors' tables has the expected value. */
function saysCheck(
  subject: string,
  nodes: readonly LabNode[],
  within: number,
  { id, what, wanted, listed, notes = () => [] }: Omit<Aspect, 'of'>,
  of: (table: ServiceTable) => string,
): CheckSpec {
  const names = nodes.map((n) => n.name);
  return {
    id,
    subject,
    promise: `${what} on ${isOne(nodes.map(wanted)) ? `${names.join(' and ')}: ${nodes.slice(0, 1).map(wanted)}` : eachWords(names, nodes.map(wanted))}`,
    within,
    every: 250,
    look: async (bed) => {
      const looked = await Promise.all(
        names.map(async (name) => {
          const table = await bed.table(name);
          bed.evidence.write(`table-${name}.json`, visibleJson(table, 2));
          return { value: of(table), notes: notes(table, name) };
        }),
      );
      const seen = looked.map((l) => l.value);
      const more = [
        ...(listed ? nodes.flatMap((n, i) => moreWords(n, wanted(n), seen[i] ?? '')) : []),
        ...looked.flatMap((l) => l.notes),
      ];
      return {
        ok: nodes.every((n, i) => seen[i] === wanted(n)),
        seen: [isOne(seen) ? `${seen[0]} on ${names.join(' and ')}` : eachWords(names, seen), ...more].join('; '),
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
  return [
    ...aspects(lab, service).map((aspect) =>
      saysCheck(service.name, directors(lab), within, aspect, (table) => {
        const entry = entryOf(table, service);
        return entry ? aspect.of(entry, table) : absentWords(table);
      }),
    ),
    servicesCheck(lab, service.name, directors(lab), within),
  ];
}

/** Returns the check that the tables of these directors hold the lab's services and SNAT rules, and nothing else. */
function servicesCheck(lab: Lab, subject: string, nodes: readonly LabNode[], within: number): CheckSpec {
  const wanted = (d: LabNode) =>
    sorted([
      ...distinctEntries(lab.services).map((s) => entryWords(entryName(s))),
      ...new Set(lab.snat.filter((rule) => rule.director === d.name).flatMap((rule) => shownOf(d, rule))),
    ]);
  // A configuration of the user's may take a service by every port of its VIP, or by a firewall mark.
  const takenBy = (table: ServiceTable) => {
    const takers = lab.services.map((own) => ({ own, entry: findEntry(table, own)?.entry }));
    return (entry: TableService) =>
      distinctEntries(takers.filter((t) => t.entry === entry).map((t) => t.own)).map((own) =>
        entryWords(entryName(own)),
      );
  };
  const of = (table: ServiceTable) => {
    const taken = takenBy(table);
    const words = (s: TableService) => (s.protocol === 'match' ? [s.address] : taken(s));
    return sorted(table.services.flatMap((s) => (words(s).length > 0 ? words(s) : [entryWords(s)])));
  };
  const notes = (table: ServiceTable, director: string) => {
    const taken = takenBy(table);
    return table.services.flatMap((s) => {
      const others = taken(s).filter((own) => own !== entryWords(s));
      return others.length > 0 ? [`${entryWords(s)} of ${director} takes ${others.join(', ')}`] : [];
    });
  };
  return saysCheck(subject, nodes, within, { id: 'table.services', what: 'services', listed: true, wanted, notes }, of);
}

/** Returns the descriptions of packets by which a director's table shows a rule. */
function shownOf(director: LabNode, rule: SnatRule): readonly string[] {
  return driverOf(director)
    .showsSnat(director, rule)
    .map((s) => s.address);
}

/**
 * Returns the checks that the table of a rule's director shows the rule, with its address, and nothing that is not in the
 * lab; none if its driver does not show SNAT.
 */
export function snatTableChecks(lab: Lab, rule: SnatRule, within: number): readonly CheckSpec[] {
  const director = nodeOf(lab, rule.director);
  const shown = driverOf(director).showsSnat(director, rule);
  if (shown.length === 0) return [];
  const words = (s: Pick<TableService, 'address' | 'scheduler'> & { readonly reals: ShownSnat['reals'] }) =>
    `${s.address} ${s.scheduler} → ${sorted(s.reals.map((r) => `${endpoint(r.address, r.port)} ${r.forward} ${r.weight}`)) || 'no address'}`;
  const aspect = { id: 'table.snat', what: 'SNAT services', wanted: () => sorted(shown.map(words)) };
  const addresses = shown.map((s) => s.address);
  const of = ({ services }: ServiceTable) =>
    sorted(services.filter((s) => addresses.includes(s.address)).map(words)) || ABSENT;
  return [saysCheck(rule.name, [director], within, aspect, of), servicesCheck(lab, rule.name, [director], within)];
}
