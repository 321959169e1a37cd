import type { ServiceTable, TableService } from '../drivers/service-table.ts';
import { directors } from '../lab/lookup.ts';
import type { Lab, Service } from '../lab/model.ts';
import { modes } from '../modes/index.ts';
import { endpoint } from '../net/cidr.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';

/** A service's entry in a director's table. */
export function entryOf(table: ServiceTable, service: Service): TableService | undefined {
  return table.services.find(
    (s) => s.address === service.vip && s.port === service.port && s.protocol === service.protocol,
  );
}

/** The weight that each director which runs gives a real server of a service; none where the server is not in the table. */
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

type Aspect = {
  readonly id: string;
  readonly what: string;
  readonly wanted: string;
  readonly of: (entry: TableService) => string;
};

function aspects(service: Service): readonly Aspect[] {
  const sorted = (values: readonly string[]) => [...values].sort().join(', ');
  const forward = modes[service.mode].forward;
  const each = (f: (r: TableService['reals'][number]) => string | number) => (entry: TableService) =>
    sorted(entry.reals.map((r) => `${endpoint(r.address, r.port)} ${f(r)}`));
  return [
    {
      id: 'table.servers',
      what: 'real servers',
      wanted: sorted(service.reals.map((r) => endpoint(r.address, r.port))),
      of: (entry) => sorted(entry.reals.map((r) => endpoint(r.address, r.port))),
    },
    {
      id: 'table.weight',
      what: 'weights',
      wanted: sorted(service.reals.map((r) => `${endpoint(r.address, r.port)} ${r.weight}`)),
      of: each((r) => r.weight),
    },
    {
      id: 'table.forward',
      what: 'forwarding method',
      wanted: sorted(service.reals.map((r) => `${endpoint(r.address, r.port)} ${forward}`)),
      of: each((r) => r.forward),
    },
    { id: 'table.scheduler', what: 'scheduler', wanted: service.scheduler, of: (entry) => entry.scheduler },
    ...(service.persistence
      ? [
          {
            id: 'table.persistence',
            what: 'persistence',
            wanted: `${Math.ceil(service.persistence.time / 1000)} s`,
            of: (entry: TableService) => (entry.persistence === undefined ? 'none' : `${entry.persistence} s`),
          },
        ]
      : []),
  ];
}

/** Each director's table holds exactly what the lab says, a check for each aspect. */
export function tableChecks(lab: Lab, service: Service, within: number): readonly CheckSpec[] {
  const names = directors(lab).map((d) => d.name);
  return aspects(service).map((aspect) => ({
    id: aspect.id,
    subject: service.name,
    promise: `${aspect.what} on ${names.join(' and ')}: ${aspect.wanted}`,
    within,
    every: 250,
    look: async (bed) => {
      const seen = await Promise.all(
        names.map(async (name) => {
          const table = await bed.table(name);
          const entry = entryOf(table, service);
          bed.evidence.write(`table-${name}.json`, JSON.stringify(table, null, 2));
          return entry ? aspect.of(entry) : 'no such service';
        }),
      );
      const same = seen.every((s) => s === seen[0]);
      return {
        ok: seen.every((s) => s === aspect.wanted),
        seen: same ? `${seen[0]} on ${names.join(' and ')}` : names.map((n, i) => `${n}: ${seen[i]}`).join('; '),
        evidence: names.map((n) => `table-${n}.json`),
      };
    },
  }));
}
