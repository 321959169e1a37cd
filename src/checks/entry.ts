import { appOf } from '../apps/index.ts';
import { entriesFor, entryName, entryWords } from '../drivers/entry.ts';
import { driverOf } from '../drivers/index.ts';
import type { ServiceTable, TableService } from '../drivers/service-table.ts';
import type { Lab } from '../model/lab.ts';
import { directors, marked } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { hold } from './hold.ts';
import { tally } from './path.ts';
import { ask, askedWords, type Request, servers } from './traffic.ts';

/** Returns whether a director is set up by the lab alone: the user supplies no script or configuration. */
function isOurs(node: LabNode): boolean {
  return !node.manual && node.setup === undefined && node.keepalived === undefined;
}

/** Number of connections that are counted. */
const COUNTED = 4;

/**
 * Returns the checks of the entry that takes a service's connections, where it need not be the service's own: in a
 * configuration of the user's, or with entries for several ports.
 */
export function entryTrials(lab: Lab, service: Service): readonly CheckSpec[] {
  const balancers = directors(lab);
  const open = service.entry !== undefined || !balancers.every(isOurs);
  const countable = !service.ops && balancers.every((d) => driverOf(d).wideEntries);
  return [...(open && countable ? [entryCheck(service)] : []), ...togetherChecks(lab, service)];
}

/** Returns how many connections each entry of a table has. */
function load({ services }: ServiceTable): ReadonlyMap<string, number> {
  const all = (s: TableService) => s.reals.reduce((sum, r) => sum + r.activeConnections + r.inactiveConnections, 0);
  return new Map(services.map((s) => [entryWords(s), all(s)]));
}

/**
 * Checks which entry takes a service's connections, by their number in the tables: a mark that no packet has, or an
 * entry that another one goes before, would otherwise be seen only as a service that does not answer.
 */
function entryCheck(service: Service): CheckSpec {
  const own = entryWords(entryName(service));
  return {
    id: 'table.entry',
    subject: service.name,
    promise: `connections to ${askedWords(service)} are taken by entry ${own}${service.entry ? '' : ', by one for every port of the VIP, or by a firewall mark’s'}`,
    within: 2000,
    every: 250,
    look: async (bed) => {
      const names = bed.carriers(service).map((d) => d.name);
      const read = () => Promise.all(names.map((n) => bed.control(n).table()));
      const before = await read();
      let after = before;
      await opened(bed, service, async () => {
        after = await read();
      });
      const candidates = new Set(after.flatMap((t) => entriesFor(t, service).map((f) => entryWords(f.entry))));
      const taken = new Map<string, number>();
      for (const [i, table] of after.entries())
        for (const [entry, n] of load(table)) {
          const more = n - (load(before[i] ?? { services: [] }).get(entry) ?? 0);
          if (more > 0) taken.set(entry, (taken.get(entry) ?? 0) + more);
        }
      const good = [...taken].find(([entry, n]) => candidates.has(entry) && n >= COUNTED)?.[0];
      const words = [...taken].map(([entry, n]) => `${entry} ${n}`).join(', ') || 'no entry any';
      return {
        ok: good !== undefined,
        seen: `of ${COUNTED} connections ${words} on ${names.join(' and ')}${good === undefined ? why(bed, service, candidates) : note(service, good)}`,
      };
    },
  };
}

/** Opens connections to a service, or sends datagrams, and does something while the director knows them. */
async function opened(bed: Bed, service: Service, meanwhile: () => Promise<void>): Promise<void> {
  const asking = { count: COUNTED, timeout: 500 };
  if (service.protocol !== 'udp' && appOf(service).held(COUNTED) >= COUNTED)
    await hold(bed, service, asking, meanwhile);
  else {
    await ask(bed, service, asking);
    await meanwhile();
  }
}

/** Says what an entry takes beside the service, if the lab does not. */
function note({ vip, port, entry }: Service, taker: string): string {
  if (entry !== undefined) return '';
  if (taker.startsWith('fwm')) return `; it takes whatever has this mark`;
  return taker.endsWith(':0')
    ? `; it takes every port of ${vip}, of which the lab promises ${port} (port: 0 promises all)`
    : '';
}

/** Says what to look at if no entry of the service takes its connections. */
function why({ lab }: Bed, { entry }: Service, candidates: ReadonlySet<string>): string {
  if (candidates.size === 0) return '; the tables have no entry for it';
  const mark = [...candidates].some((c) => c.startsWith('fwm'));
  if (!mark) return '';
  const own = directors(lab).filter((d) => d.setup !== undefined);
  const whose = own.map((d) => `the setup script of ${d.name} must set it`).join(', ');
  return `; its packets do not have ${entry?.kind === 'mark' ? `mark ${entry.mark}` : 'the mark'}${whose === '' ? '' : `: ${whose}`}`;
}

/** Returns the check that a client's connections to all ports of an entry go to one real server. */
function togetherChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  const targets = targetsOf(lab, service);
  if (!service.persistence || targets.length < 2 || !targets.every((t) => appOf(t.service).tells)) return [];
  return [
    {
      id: 'service.together',
      subject: service.name,
      promise: `connections of one client to ${targets.map((t) => askedWords({ ...t.service, port: t.port })).join(' and ')} go to the same real server`,
      within: 0,
      every: 0,
      look: async (bed) => {
        const each: (readonly Request[])[] = [];
        for (const { service: asked, port } of targets) each.push(await ask(bed, asked, { to: port, count: COUNTED }));
        const answered = each.map(servers);
        if (answered.some((s) => s.length === 0)) throw new CannotObserve(`not all ports of ${service.name} answer`);
        return {
          ok: new Set(answered.flat()).size === 1,
          seen: targets.map(({ port }, i) => `port ${port}: ${tally(answered[i] ?? [])}`).join('; '),
        };
      },
    },
  ];
}

/** Returns each port that an entry holds together, with the service by which it is asked. */
function targetsOf(lab: Lab, service: Service): readonly { readonly service: Service; readonly port: number }[] {
  const { entry, ...plain } = service;
  if (entry?.kind === 'ports') return entry.asked.map((port) => ({ service: plain, port }));
  return marked(lab.services, service).map((s) => ({ service: s, port: s.port }));
}
