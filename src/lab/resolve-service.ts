import { carriers } from '../drivers/index.ts';
import { hidesClients } from '../layout/kernel-needs.ts';
import { addressesOf, directors, familyOf, linksOf, linkTo, routeTo } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Entry, Persistence, Real, Service } from '../model/service.ts';
import type { Protocol } from '../model/words.ts';
import { modes, modesThat } from '../modes/index.ts';
import { isLinkLocal, parseAddress } from '../net/cidr.ts';
import { tellUnusable } from './resolve-address.ts';
import { appFor, tellApp } from './resolve-app.ts';
import { entryOf, listedPort, tellOps } from './resolve-entry.ts';
import { supervisionOf, tellIdle } from './resolve-health.ts';
import { ms, type Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';

export type RawService = NonNullable<RawLab['services']>[string];
export type RawReal = RawService['reals'][string];

/** Resolves a service of the file; returns undefined if its VIP cannot be read. */
export function resolveService(r: Resolver, name: string, nodes: readonly LabNode[]): Service | undefined {
  const raw = r.raw.services?.[name] as RawService;
  const path = ['services', name];
  const vip = parseAddress(raw.vip);
  if (!vip) return undefined;
  const protocol = raw.protocol ?? 'tcp';
  const twin = Object.entries(r.raw.services ?? {}).find(
    ([other, s]) =>
      other < name &&
      parseAddress(s.vip)?.text === vip.text &&
      s.port === raw.port &&
      (s.protocol ?? 'tcp') === protocol,
  );
  if (twin) {
    r.wrong([...path, 'port'], `service "${twin[0]}" already has ${raw.vip} port ${raw.port}`, 'value', {
      message: `"${twin[0]}" is declared here`,
      path: ['services', twin[0]],
    });
  }
  r.mustBeFree(vip, [...path, 'vip']);
  tellUnusable(r, vip, [...path, 'vip']);
  if (isLinkLocal(vip))
    r.wrong(
      [...path, 'vip'],
      `${vip.text} is link-local, which clients cannot use without naming an interface; give another VIP`,
    );
  const routed = nodes.some((n) => routeTo(n, vip.text) !== undefined);
  if (!r.incomplete('segments') && !r.incomplete('nodes') && !r.subnetOf(vip) && !routed) {
    r.wrong(
      [...path, 'vip'],
      `${vip.text} is outside every segment, and no node has a route to it; no client can reach it`,
    );
  }
  const entry = entryOf(r, name, raw, nodes);
  const port = entry?.kind === 'ports' ? (entry.asked[0] ?? raw.port) : raw.port;
  const reals = Object.entries(raw.reals).flatMap(
    ([node, real]) => resolveReal(r, { service: name, raw, entry, port, node, value: real }, nodes) ?? [],
  );
  if (Object.keys(raw.reals).length === 0) r.wrong([...path, 'reals'], `service "${name}" has no real servers`, 'key');
  refuse(r, name, raw, protocol);
  tellOps(r, name, raw);
  const sorry = sorryOf(r, name, raw, nodes);
  const persistence = raw.persistence === undefined ? undefined : persistenceOf(raw.persistence, vip.family);
  const bits = vip.family === 4 ? 32 : 128;
  if (persistence && persistence.mask > bits)
    r.wrong([...path, 'persistence', 'mask'], `an IPv${vip.family} address has ${bits} bits`);
  return {
    name,
    vip: vip.text,
    port,
    protocol,
    mode: raw.mode,
    scheduler: raw.scheduler ?? 'rr',
    hashesPort: raw.hash === 'port',
    reals,
    ...(raw.lips === undefined ? {} : { lips: raw.lips.map((lip) => parseAddress(lip)?.text ?? lip) }),
    app: appFor(raw, reals, nodes),
    ...(entry ? { entry } : {}),
    ...(raw.ops ? { ops: true } : {}),
    ...(masquerades(r, name, raw, nodes) ? { masquerades: true } : {}),
    ...supervisionOf(raw),
    ...(persistence ? { persistence } : {}),
    ...(sorry ? { sorry } : {}),
  };
}

/**
 * Returns whether the directors' own rules hide the clients of a service, by the lab file or else by a director's setup
 * script. Only a mode whose replies pass the director can.
 */
function masquerades(r: Resolver, name: string, raw: RawService, nodes: readonly LabNode[]): boolean {
  const { reply, source } = modes[raw.mode].wire;
  const can = reply === 'director' && source === 'client';
  if (raw.masquerade && !can)
    r.wrong(
      ['services', name, 'masquerade'],
      source === 'lip'
        ? `in ${raw.mode} real servers see a LIP of the director already`
        : `in ${raw.mode} replies pass no director, so that none can translate them back; use ${modesThat((m) => m.wire.reply === 'director', 'or')}`,
    );
  return can && (raw.masquerade ?? directors({ nodes }).some((d) => hidesClients(d, raw.vip)));
}

/** A real server of a service in the file. */
interface NamedReal {
  readonly service: string;
  readonly raw: RawService;
  readonly entry: Entry | undefined;
  /** The service's port, or the first that is asked of it. */
  readonly port: number;
  readonly node: string;
  readonly value: RawReal;
}

function resolveReal(
  r: Resolver,
  { service, raw, entry, port: asked, node, value }: NamedReal,
  nodes: readonly LabNode[],
): Real | undefined {
  const path = ['services', service, 'reals', node];
  const balances = nodes.some((n) => n.name === node && n.kind === 'director');
  const real = r.lookup(nodes, node, balances ? 'director' : 'realserver', path, 'key');
  if (!real) return undefined;
  const { weight, port, address, mode }: Exclude<RawReal, number> =
    typeof value === 'number' ? { weight: value } : value;
  const family = familyOf(raw.vip);
  const own = addressesOf(real).filter((a) => familyOf(a) === family);
  if (address !== undefined && !addressesOf(real).includes(parseAddress(address)?.text ?? ''))
    r.wrong([...path, 'address'], `"${node}" has no address ${address}; it has ${addressesOf(real).join(', ')}`);
  const one = carriers(nodes).flatMap((d) => d.oneFamily ?? [])[0];
  if (one !== undefined && address !== undefined && familyOf(address) !== family)
    r.wrong([...path, 'address'], `${address} and VIP ${raw.vip} are of different families: ${one}`);
  const near = own.find((a) => nodes.some((n) => n.kind === 'director' && linkTo(n, a)));
  const chosen = address ?? near ?? own[0] ?? (one === undefined ? addressesOf(real)[0] : undefined);
  if (chosen === undefined) {
    const other = family === 6 ? 4 : 6;
    if (one !== undefined && linksOf(real).length > 0 && addressesOf(real).length > 0)
      r.wrong(
        path,
        `real server "${node}" has only IPv${other} addresses and VIP ${raw.vip} is IPv${family}: ${one}`,
        'key',
      );
    return undefined;
  }
  const forwarded = mode ?? raw.mode;
  if (forwarded !== raw.mode && [forwarded, raw.mode].some((m) => modes[m].needsLips))
    r.wrong(
      [...path, 'mode'],
      `Full-NAT is for a whole service: "${service}" is ${raw.mode}, and a real server of it cannot be ${forwarded}; modes that mix are ${modesThat((m) => !m.needsLips, 'and')}`,
    );
  if (port !== undefined && port !== raw.port && raw.port !== 0 && !modes[forwarded].mapsPorts)
    r.wrong(
      [...path, 'port'],
      `${forwarded} does not change the port (${raw.port}): only ${modesThat((m) => m.mapsPorts, 'and')} map ports`,
    );
  return {
    node,
    address: chosen,
    port: port ?? asked,
    weight,
    ...(forwarded === raw.mode ? {} : { mode: forwarded }),
    ...listedPort(r, path, { raw, entry, port }),
  };
}

/** Reports combinations that have no effect, or that no director supports, with the reason. */
function refuse(r: Resolver, name: string, raw: RawService, protocol: Protocol): void {
  const path = ['services', name];
  if (raw.hash !== undefined && !['sh', 'mh'].includes(raw.scheduler ?? ''))
    r.wrong(
      [...path, 'hash'],
      `only the schedulers sh and mh can hash ports; service "${name}" has ${raw.scheduler ?? 'rr'}`,
    );
  const { health } = raw;
  const overTcp = health && (health.tcp ?? health.http ?? health.ssl) !== undefined;
  if (overTcp && health.port === undefined && protocol !== 'tcp')
    r.wrong(
      [...path, 'health'],
      `this check needs a TCP port, and the service is ${protocol.toUpperCase()}; add port: to the health check`,
      'key',
    );
  const own = (['tcp', 'udp', 'ping'] as const).find((kind) => health?.[kind] !== undefined);
  if (health?.timeout !== undefined && own !== undefined)
    r.wrong(
      [...path, 'health', 'timeout'],
      `${own}: ${health[own]} sets the time already; leave out one of the two`,
      'key',
    );
  const portless = (['ping', 'misc'] as const).find((kind) => health?.[kind] !== undefined);
  if (health?.port !== undefined && portless !== undefined)
    r.wrong(
      [...path, 'health', 'port'],
      portless === 'ping'
        ? 'a ping has no port; leave it out'
        : 'write the port in the command; {port} is the real server’s',
      'key',
    );
  const weights = Object.values(raw.reals).map((real) => (typeof real === 'number' ? real : real.weight));
  const moves = typeof health?.misc === 'object' && health.misc.dynamic;
  const whole = moves ? undefined : weights.reduce((sum, weight) => sum + weight, 0);
  tellIdle(r, raw, path, { what: 'real server', whole });
  if (raw.sorry !== undefined && !health)
    r.wrong(
      [...path, 'sorry'],
      'without a health check no real server is ever removed, so the sorry server is never used; add health:',
      'key',
    );
  tellApp(r, name, raw, protocol);
}

/** Resolves the sorry server, by its address of the service's family. */
function sorryOf(r: Resolver, name: string, raw: RawService, nodes: readonly LabNode[]): Service['sorry'] {
  if (raw.sorry === undefined) return undefined;
  const path = ['services', name, 'sorry'];
  const protocol = raw.protocol ?? 'tcp';
  const node = r.lookup(nodes, raw.sorry, undefined, path);
  if (!node) return undefined;
  const address = addressesOf(node).find((a) => familyOf(a) === familyOf(raw.vip));
  const served = node.serve.find((p) => p.protocol === protocol);
  if (address === undefined) r.wrong(path, `"${node.name}" has no address of the VIP’s family`);
  if (!served) r.wrong(path, `"${node.name}" serves no ${protocol} port; add serve: [${raw.port}/${protocol}] to it`);
  return address === undefined || !served ? undefined : { node: node.name, address, port: served.port };
}

function persistenceOf(raw: NonNullable<RawService['persistence']>, family: 4 | 6): Persistence {
  const whole = family === 4 ? 32 : 128;
  return typeof raw === 'string' ? { time: ms(raw), mask: whole } : { time: ms(raw.time), mask: raw.mask };
}
