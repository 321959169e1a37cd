import type { Service } from '../model/service.ts';
import type { App as AppWord, ServedProtocol } from '../model/words.ts';
import type { App, Server } from './app.ts';
import { banner } from './banner.ts';
import { dns } from './dns.ts';
import { echo } from './echo.ts';
import { http } from './http.ts';
import { mysql } from './mysql.ts';
import { toa } from './toa.ts';
import { uoa } from './uoa.ts';

/** The app of each name in the lab file... */
const OF_SERVICE: Readonly<Record<AppWord, App>> = { http, banner, mysql, toa };
/** ...and its counterpart over UDP, if it has one. */
const OVER_UDP: Readonly<Partial<Record<AppWord, App>>> = { http: echo, toa: uoa };

/** The server for each kind of port that a node can list itself. */
export const serverOf: Readonly<Record<ServedProtocol, Server>> = { tcp: http, udp: echo, tls: http, dns };

/** All servers. */
export const servers: readonly Server[] = [
  ...new Set([...Object.values(OF_SERVICE), ...Object.values(OVER_UDP), ...Object.values(serverOf)]),
];

/** Returns the app that answers for a service. */
export function appOf({ app, protocol }: Pick<Service, 'app' | 'protocol'>): App {
  return (protocol === 'udp' ? OVER_UDP[app] : undefined) ?? OF_SERVICE[app];
}
