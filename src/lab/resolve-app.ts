import { appOf } from '../apps/index.ts';
import type { LabNode } from '../model/node.ts';
import type { Real } from '../model/service.ts';
import type { App, Protocol } from '../model/words.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';

type RawService = NonNullable<RawLab['services']>[string];

/** The app of a port in a node's own list that is not HTTP. */
const SERVED: Readonly<Partial<Record<LabNode['serve'][number]['protocol'], App>>> = { tls: 'https', dns: 'dns' };
/** The app that a health check of the real servers' own port needs. */
const CHECKED = [
  { check: 'ssl', app: 'https', not: 'http', says: 'TLS' },
  { check: 'dns', app: 'dns', not: 'http', says: 'DNS' },
  { check: 'http', app: 'http', not: 'https', says: 'plain HTTP' },
] as const;

/**
 * Returns the app of a service: the one that the lab file names; else the one that its real servers serve on that port;
 * else the one that its health check speaks to; else HTTP.
 */
export function appFor(raw: RawService, reals: readonly Real[], nodes: readonly LabNode[]): App {
  if (raw.app !== undefined) return raw.app;
  const served = reals
    .flatMap((real) => (nodes.find((n) => n.name === real.node)?.serve ?? []).filter((s) => s.port === real.port))
    .flatMap(({ protocol }) => SERVED[protocol] ?? []);
  const over = (app: App) => appOf({ app, protocol: raw.protocol ?? 'tcp' }).transports.includes(raw.protocol ?? 'tcp');
  const [first] = served.filter(over);
  if (first !== undefined) return first;
  const { health } = raw;
  const checked = CHECKED.find(({ check }) => health?.[check] !== undefined && health.port === undefined);
  return checked && over(checked.app) ? checked.app : 'http';
}

/** Reports an app that its service's protocol cannot carry, and one that its health check can never find healthy. */
export function tellApp(r: Resolver, name: string, raw: RawService, protocol: Protocol): void {
  if (raw.app === undefined) return;
  const path = ['services', name, 'app'];
  if (!appOf({ app: raw.app, protocol }).transports.includes(protocol)) {
    r.wrong(path, `${raw.app} needs TCP; the service is ${protocol.toUpperCase()}`);
    return;
  }
  const { app, health } = raw;
  const clash = CHECKED.find((c) => c.not === app && health?.[c.check] !== undefined && health.port === undefined);
  if (clash)
    r.wrong(
      path,
      `health check ${clash.check} speaks ${clash.says}, and the real servers of "${name}" answer ${app} on that port; use app: ${clash.app}, or give the check a port of its own`,
      'value',
      { message: `${clash.check} is given here`, path: ['services', name, 'health', clash.check] },
    );
}
