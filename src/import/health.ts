import type { Checker, Program, RealServer, Virtual } from './conf.ts';
import { programOf } from './statements.ts';
import type { Told } from './told.ts';

/** Programs of a node's image that a configuration may call by their paths there. */
const IN_NODES =
  /^\/(usr\/)?s?bin\/(true|false|sh|bash|dash|test|curl|ping|ip|grep|pgrep|pidof|cat|ipvsadm|arping|ss|sleep|echo|\[)$/;

/** A health check in the words of a lab file, and the ports that the real servers need for it. */
export interface Health {
  readonly text: string;
  readonly serve: readonly string[];
}

/** Returns whether a node has a program: one of its own, or one that came with the configuration. */
export function isThere(command: string, given: ReadonlySet<string>): boolean {
  const program = programOf(command);
  return IN_NODES.test(program) || given.has(program);
}

/**
 * Returns why a service's health check would take its real servers away in the lab; undefined if it would not. `given`
 * holds the programs that came with the configuration.
 */
export function dooms(
  service: Virtual,
  given: ReadonlySet<string>,
): { readonly place: Checker['place']; readonly text: string } | undefined {
  for (const real of service.reals)
    for (const check of real.checkers) {
      const why = check.beyond ?? unmet(check, service, real, given);
      if (why !== undefined) return { place: check.place, text: why };
    }
  return undefined;
}

function unmet(check: Checker, service: Virtual, real: RealServer, given: ReadonlySet<string>): string | undefined {
  const own = check.port === undefined || check.port === real.port;
  if (check.kind === 'ssl' && own && service.protocol === 'tcp')
    return 'SSL_GET on the service’s own port, where the lab’s servers speak HTTP';
  if (check.kind === 'dns' && own) return 'DNS_CHECK on the service’s own port, where no server of the lab answers DNS';
  if (check.kind === 'dns' && !check.asks.endsWith('.lab'))
    return `DNS_CHECK of ${check.asks}: the lab’s name server knows names in .lab only`;
  if (check.kind === 'misc' && !isThere(check.asks, given))
    return `MISC_CHECK by ${programOf(check.asks)}, which is not beside the configuration`;
  return undefined;
}

/**
 * Returns a service's health check; undefined if the lab file cannot say it, with the reason told. One check is said for
 * all real servers, so it must be the same for all.
 */
export function healthOf(service: Virtual, told: Told): Health | undefined {
  const checks = service.reals.map((r) => r.checkers);
  const [first] = checks.flat();
  if (!first) return undefined;
  const tell = (why: string) =>
    told.lose(first.place, `health check: ${why}; the lab does not say it, keepalived runs it all the same`);
  if (checks.some((c) => c.length === 0)) return void tell('some real servers have none');
  if (checks.some((c) => c.length > 1)) return void tell('a real server has several');
  const said = service.reals.map((real) => real.checkers.map((c) => textOf(c, service, real))[0]);
  const [text] = said;
  if (text === undefined || said.some((s) => s !== text)) return void tell('it differs between the real servers');
  const inhibits = new Set(service.reals.map((r) => r.inhibit));
  if (inhibits.size > 1) return void tell('inhibit_on_failure differs between the real servers');
  return { text, serve: [...new Set(service.reals.flatMap((real) => served(first, service, real)))] };
}

/** Returns the port that a check needs beside the service's own, as a node's list has it. */
function served(check: Checker, service: Virtual, real: RealServer): readonly string[] {
  const port = check.port ?? real.port;
  const word = check.kind === 'ssl' ? 'tls' : check.kind === 'dns' ? 'dns' : check.kind === 'udp' ? 'udp' : 'tcp';
  if (check.kind === 'misc' || check.kind === 'ping' || (port === real.port && word === service.protocol)) return [];
  return [`${port}/${word}`];
}

function textOf(check: Checker, service: Virtual, real: RealServer): string {
  const overTcp = ['tcp', 'http', 'ssl'].includes(check.kind) && service.protocol !== 'tcp';
  const port = check.port !== undefined && check.port !== real.port ? check.port : overTcp ? real.port : undefined;
  const times = [
    ...(check.kind === 'tcp' || check.kind === 'udp' || check.kind === 'ping'
      ? []
      : [`timeout: ${timeText(check.timeout)}`]),
    `every: ${timeText(check.every ?? service.every)}`,
    ...(port === undefined ? [] : [`port: ${port}`]),
    ...(check.retry === 1 ? [] : [`retry: ${check.retry}`]),
    ...(check.pause === 1000 ? [] : [`pause: ${timeText(check.pause)}`]),
    ...(real.inhibit ? ['inhibit: true'] : []),
  ];
  return `{ ${[probeOf(check, real), ...times].join(', ')} }`;
}

function probeOf(check: Checker, real: RealServer): string {
  switch (check.kind) {
    case 'tcp':
    case 'udp':
    case 'ping':
      return `${check.kind}: ${timeText(check.timeout)}`;
    case 'http':
    case 'ssl':
      return `${check.kind}: ${quotedText(check.asks)}`;
    case 'dns':
      return `dns: { name: ${quotedText(check.asks)}, type: ${quotedText(check.type)} }`;
    default: {
      const command = check.asks
        .split(/(\s+)/)
        .map((word) =>
          word.replaceAll(real.address.text, '{address}').replace(new RegExp(`(^|:)${real.port}$`), '$1{port}'),
        )
        .join('');
      return `misc: ${check.dynamic ? `{ script: ${quotedText(command)}, dynamic: true }` : quotedText(command)}`;
    }
  }
}

/** Returns text as YAML has it in any place: in double quotes, as JSON. */
export function quotedText(text: string): string {
  return /^[A-Za-z/][A-Za-z0-9/_.-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** Returns a time as a lab file has it. */
export function timeText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Returns the programs that a configuration names and that are not here. */
export function missing(programs: readonly Program[], given: ReadonlySet<string>): readonly Program[] {
  return programs.filter((p) => !isThere(p.path, given));
}
