import type { Service } from '../model/service.ts';
import type { App as AppWord, Protocol, ServedProtocol } from '../model/words.ts';
import type { App, Server } from './app.ts';
import { banner } from './banner.ts';
import { dns, dnsOverUdp } from './dns.ts';
import { echo } from './echo.ts';
import { http, https } from './http.ts';
import { mysql } from './mysql.ts';
import { sctp } from './sctp.ts';
import { toa } from './toa.ts';
import { uoa } from './uoa.ts';

/** The app of each name in the lab file... */
const OF_SERVICE: Readonly<Record<AppWord, App>> = { http, https, dns, banner, mysql, toa };
/** ...and its counterparts over other transports than TCP, where it has them. */
const OVER: Readonly<Record<Exclude<Protocol, 'tcp'>, Readonly<Partial<Record<AppWord, App>>>>> = {
  udp: { http: echo, dns: dnsOverUdp, toa: uoa },
  sctp: { http: sctp },
};

/** The server for each kind of port that a node can list itself. */
export const serverOf: Readonly<Record<ServedProtocol, Server>> = { tcp: http, udp: echo, sctp, tls: http, dns };

/** Returns the server that answers for an app. */
export function serverBehind(app: App): Server {
  return app.by ?? app;
}

/** All servers. */
export const servers: readonly Server[] = [
  ...new Set([
    ...[...Object.values(OF_SERVICE), ...Object.values(OVER).flatMap((apps) => Object.values(apps))].map(serverBehind),
    ...Object.values(serverOf),
  ]),
];

/** Returns the app that answers for a service. */
export function appOf({ app, protocol }: Pick<Service, 'app' | 'protocol'>): App {
  return (protocol === 'tcp' ? undefined : OVER[protocol][app]) ?? OF_SERVICE[app];
}
