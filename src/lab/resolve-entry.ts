import { appOf } from '../apps/index.ts';
import { marked } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Entry, Real, Service } from '../model/service.ts';
import { modes, modesThat } from '../modes/index.ts';
import { parseAddress } from '../net/cidr.ts';
import type { RawReal, RawService } from './resolve-service.ts';
import type { Resolver } from './resolver.ts';
import type { Path } from './source.ts';

/** How many ports clients ask of a service that takes every port, if its real servers list none. */
const ASKED = 2;
/** The ports among which those are chosen. */
const USUAL = [80, 8080, 8000, 8008, 8081, 8888, 9000, 9090];

/** Returns the entry of a director's table that takes a service's packets, if it is not its VIP and port. */
export function entryOf(r: Resolver, name: string, raw: RawService, nodes: readonly LabNode[]): Entry | undefined {
  const path = ['services', name];
  if (raw.port !== 0) return raw.mark === undefined ? undefined : { kind: 'mark', mark: raw.mark };
  if (raw.mark !== undefined)
    r.wrong([...path, 'mark'], 'a mark is for ports that are named; write one service with this mark for each of them');
  if (raw.persistence === undefined)
    r.wrong(
      [...path, 'port'],
      'port 0 is every port of the VIP, which kernel LVS takes only with persistence; add persistence: 60s, or name the port',
    );
  for (const [node, real] of Object.entries(raw.reals))
    if (typeof real !== 'number' && real.port !== undefined)
      r.wrong(
        [...path, 'reals', node, 'port'],
        'with port 0 a real server gets packets on the port that the client asks; leave its port out',
      );
  return { kind: 'ports', asked: portsAsked(r, name, raw, nodes) };
}

/**
 * Returns the ports that clients ask of a service that takes every port: those that all its real servers list, else some
 * usual ones, on which the app then answers; none that another service of the VIP has.
 */
function portsAsked(r: Resolver, name: string, raw: RawService, nodes: readonly LabNode[]): readonly number[] {
  const path = ['services', name];
  const protocol = raw.protocol ?? 'tcp';
  const app = appOf({ app: raw.app ?? 'http', protocol });
  const reals = nodes.filter((n) => Object.hasOwn(raw.reals, n.name));
  const others = Object.entries(r.raw.services ?? {}).filter(([other]) => other !== name);
  const beside = others
    .filter(([, s]) => parseAddress(s.vip)?.text === parseAddress(raw.vip)?.text && (s.protocol ?? 'tcp') === protocol)
    .map(([, s]) => s.port);
  const listed = reals
    .map((n) => n.serve.filter((s) => s.protocol === app.word).map((s) => s.port))
    .filter((ports) => ports.length > 0);
  if (listed.length > 0) {
    const common = (listed[0] ?? []).filter((p) => listed.every((ports) => ports.includes(p)) && !beside.includes(p));
    if (common.length === 0)
      r.wrong(
        [...path, 'reals'],
        `the real servers list no ${app.word} port that all of them serve and no other service of ${raw.vip} has; clients would have nothing to ask`,
        'key',
      );
    return common.length > 0 ? common : USUAL.slice(0, 1);
  }
  if (app.program === undefined || app.bounds.some((b) => 'alone' in b))
    r.wrong(
      [...path, raw.app === undefined ? 'port' : 'app'],
      `port 0 is asked on several ports, and ${raw.app} does not listen on several; use http, or name the port`,
    );
  const taken = new Set([
    ...beside,
    ...others.flatMap(([, s]) => [s.port, ...Object.values(s.reals).flatMap((real) => portOf(real) ?? [])]),
    ...reals.flatMap((n) => n.serve.map((s) => s.port)),
  ]);
  // Ports of services elsewhere can be shared, if they have the same app.
  const free = USUAL.filter((p) => !taken.has(p));
  return [...free, ...USUAL.filter((p) => !beside.includes(p))].slice(0, ASKED);
}

function portOf(real: RawReal): number | undefined {
  return typeof real === 'number' ? undefined : real.port;
}

/** Returns the port of a real server in a director's table, if it is another than its own. */
export function listedPort(
  r: Resolver,
  path: Path,
  {
    raw,
    entry,
    port,
  }: { readonly raw: RawService; readonly entry: Entry | undefined; readonly port: number | undefined },
): Pick<Real, 'listed'> {
  if (entry === undefined) return {};
  if (entry.kind === 'ports' || port === undefined) return { listed: 0 };
  if (port !== raw.port && raw.persistence !== undefined)
    r.wrong(
      [...path, 'port'],
      `with a mark and persistence, kernel LVS leaves the port of a packet (${raw.port}) as it is; leave one of them out`,
    );
  return { listed: raw.persistence === undefined ? port : 0 };
}

/** Reports one-packet scheduling where it has no effect, or where no reply could come back. */
export function tellOps(r: Resolver, name: string, raw: RawService): void {
  if (!raw.ops) return;
  const path = ['services', name, 'ops'];
  if ((raw.protocol ?? 'tcp') !== 'udp')
    r.wrong(path, `only datagrams are scheduled one by one, and service "${name}" is TCP; add protocol: udp`);
  const used = Object.values(raw.reals).map((real) => (typeof real === 'number' ? raw.mode : (real.mode ?? raw.mode)));
  const mode = used.find((m) => modes[m].wire.reply === 'director');
  if (mode !== undefined)
    r.wrong(
      path,
      `with one-packet scheduling a director keeps no connection by which it could translate a reply, and ${mode} needs that; use ${modesThat((m) => m.wire.reply === 'others', 'or')}`,
    );
}

/** The keys in which services of one mark must agree, because they are one entry of the table. */
const SHARED = ['mode', 'scheduler', 'hash', 'persistence', 'ops', 'reals', 'health', 'quorum', 'sorry'] as const;

/** Returns what a service says under each of these keys, as far as a table shows it. */
function shared(s: Service): Readonly<Record<(typeof SHARED)[number], string>> {
  const { mode, scheduler, hashesPort, persistence, ops, reals, health, quorum, sorry } = s;
  const words = (value: unknown) => JSON.stringify(value) ?? '';
  return {
    mode,
    scheduler,
    hash: words(hashesPort),
    persistence: words(persistence),
    ops: words(ops),
    reals: words(reals.map(({ port: _, ...rest }) => rest)),
    health: words(health),
    quorum: words(quorum),
    sorry: words(sorry),
  };
}

/** Reports services of one mark that differ in what their common entry of the table says. */
export function tellMarks(r: Resolver, services: readonly Service[]): void {
  for (const service of services) {
    const [first] = marked(services, service);
    if (!first || first === service || service.entry?.kind !== 'mark') continue;
    const [own, other] = [shared(service), shared(first)];
    const raw = r.raw.services?.[service.name];
    for (const key of SHARED)
      if (own[key] !== other[key])
        r.wrong(
          ['services', service.name, ...(raw?.[key] === undefined ? [] : [key])],
          `services with mark ${service.entry.mark} are one entry of the table, and "${first.name}" has other ${key === 'reals' ? 'real servers' : key}; give both the same`,
          raw?.[key] === undefined ? 'key' : 'value',
          { message: `"${first.name}" is declared here`, path: ['services', first.name] },
        );
  }
}
