import { appOf } from '../apps/index.ts';
import type { Driver, Parts, Refused } from '../drivers/driver.ts';
import { driverOf, drivers, driversOf, STANDARD_DRIVER } from '../drivers/index.ts';
import type { HealthCheck, HealthProbe } from '../model/health.ts';
import { addressesOf, directors, familyOf, innerFamily, linksOf, linkTo } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Persistence, Quorum, Real, Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import { SNAT_PROTOCOLS } from '../model/words.ts';
import { modes, modesThat } from '../modes/index.ts';
import { contains, isLinkLocal, networkOf, parseAddress, parseSubnet } from '../net/cidr.ts';
import { parseDuration } from '../net/duration.ts';
import { tellUnusable } from './resolve-address.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';

type RawService = NonNullable<RawLab['services']>[string];
type RawReal = RawService['reals'][string];

/** Returns the milliseconds of a time that the schema has accepted. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0;
}

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
  const routed = nodes.some((n) => n.routes.some((route) => covers(route.to, vip.text)));
  if (!r.incomplete('segments') && !r.incomplete('nodes') && !r.subnetOf(vip) && !routed) {
    r.wrong(
      [...path, 'vip'],
      `${vip.text} is outside every segment, and no node has a route to it; no client can reach it`,
    );
  }
  const reals = Object.entries(raw.reals).flatMap(
    ([node, real]) => resolveReal(r, { service: name, raw, node, value: real }, nodes) ?? [],
  );
  if (Object.keys(raw.reals).length === 0) r.wrong([...path, 'reals'], `service "${name}" has no real servers`, 'key');
  refuse(r, name, raw, protocol);
  const health = raw.health && healthOf(raw.health);
  const sorry = sorryOf(r, name, raw, nodes);
  const quorum = raw.quorum && quorumOf(raw.quorum);
  const persistence = raw.persistence === undefined ? undefined : persistenceOf(raw.persistence, vip.family);
  const bits = vip.family === 4 ? 32 : 128;
  if (persistence && persistence.mask > bits)
    r.wrong([...path, 'persistence', 'mask'], `an IPv${vip.family} address has ${bits} bits`);
  return {
    name,
    vip: vip.text,
    port: raw.port,
    protocol,
    mode: raw.mode,
    scheduler: raw.scheduler ?? 'rr',
    hashesPort: raw.hash === 'port',
    reals,
    app: raw.app ?? 'http',
    ...(health ? { health } : {}),
    ...(persistence ? { persistence } : {}),
    ...(quorum ? { quorum } : {}),
    ...(sorry ? { sorry } : {}),
  };
}

function covers(to: string, address: string): boolean {
  const target = parseAddress(address);
  if (to === 'default') return familyOf(address) === 4;
  const subnet = parseSubnet(to) ?? parseSubnet(`${to}/${familyOf(to) === 4 ? 32 : 128}`);
  return target !== undefined && subnet !== undefined && contains(subnet, target);
}

/** A real server of a service in the file. */
interface NamedReal {
  readonly service: string;
  readonly raw: RawService;
  readonly node: string;
  readonly value: RawReal;
}

function resolveReal(
  r: Resolver,
  { service, raw, node, value }: NamedReal,
  nodes: readonly LabNode[],
): Real | undefined {
  const path = ['services', service, 'reals', node];
  const real = r.lookup(nodes, node, 'realserver', path, 'key');
  if (!real) return undefined;
  const { weight, port, address } =
    typeof value === 'number' ? { weight: value, port: undefined, address: undefined } : value;
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
  if (port !== undefined && port !== raw.port && !modes[raw.mode].mapsPorts)
    r.wrong(
      [...path, 'port'],
      `${raw.mode} does not change the port (${raw.port}): only ${modesThat((m) => m.mapsPorts, 'and')} map ports`,
    );
  return { node, address: chosen, port: port ?? raw.port, weight };
}

/** Reports combinations that have no effect, or that no director supports, with the reason. */
function refuse(r: Resolver, name: string, raw: RawService, protocol: 'tcp' | 'udp'): void {
  const path = ['services', name];
  if (raw.hash !== undefined && !['sh', 'mh'].includes(raw.scheduler ?? ''))
    r.wrong(
      [...path, 'hash'],
      `only the schedulers sh and mh can hash ports; service "${name}" has ${raw.scheduler ?? 'rr'}`,
    );
  const { health } = raw;
  const overTcp = health && (health.tcp ?? health.http ?? health.ssl) !== undefined;
  if (overTcp && health.port === undefined && protocol === 'udp')
    r.wrong(
      [...path, 'health'],
      'this check needs a TCP port, and the service is UDP; add port: to the health check',
      'key',
    );
  const own = raw.health?.tcp === undefined ? 'udp' : 'tcp';
  if (health?.timeout !== undefined && health[own] !== undefined)
    r.wrong(
      [...path, 'health', 'timeout'],
      `${own}: ${health[own]} sets the time already; leave out one of the two`,
      'key',
    );
  const weights = Object.values(raw.reals).map((real) => (typeof real === 'number' ? real : real.weight));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const moves = typeof health?.misc === 'object' && health.misc.dynamic;
  if (raw.quorum && raw.quorum.weight > whole && !moves)
    r.wrong(
      [...path, 'quorum', 'weight'],
      `the weights of the real servers add up to ${whole}; this quorum can never be reached`,
    );
  if (raw.sorry !== undefined && !health)
    r.wrong(
      [...path, 'sorry'],
      'without a health check no real server is ever removed, so the sorry server is never used; add health:',
      'key',
    );
  if (raw.quorum && !health)
    r.wrong(
      [...path, 'quorum'],
      'without a health check no real server is ever removed, so the quorum never changes; add health:',
      'key',
    );
  if (raw.app !== undefined && !appOf({ app: raw.app, protocol }).transports.includes(protocol))
    r.wrong([...path, 'app'], `${raw.app} needs TCP; the service is UDP`);
}

/** Default time for an attempt. */
const CHECK_TIMEOUT = '3s';
/** Default pause before keepalived repeats an attempt. */
const CHECK_PAUSE = '1s';

function healthOf(raw: NonNullable<RawService['health']>): HealthCheck {
  return {
    probe: probeOf(raw),
    timeout: ms(raw.tcp ?? raw.udp ?? raw.timeout ?? CHECK_TIMEOUT),
    every: ms(raw.every),
    ...(raw.port === undefined ? {} : { port: raw.port }),
    retry: raw.retry ?? 1,
    pause: ms(raw.pause ?? CHECK_PAUSE),
    inhibit: raw.inhibit ?? false,
  };
}

function probeOf({ http, ssl, misc, dns, udp }: NonNullable<RawService['health']>): HealthProbe {
  const web = http ?? ssl;
  if (web !== undefined) {
    const { path, status, digest } = typeof web === 'string' ? { path: web } : web;
    return {
      kind: http === undefined ? 'ssl' : 'http',
      path,
      ...(digest === undefined ? { status: status ?? 200 } : { digest, ...(status === undefined ? {} : { status }) }),
    };
  }
  if (misc !== undefined)
    return { kind: 'misc', ...(typeof misc === 'string' ? { script: misc, dynamic: false } : misc) };
  if (dns !== undefined) return { kind: 'dns', name: dns.name, type: dns.type ?? 'A' };
  return { kind: udp === undefined ? 'tcp' : 'udp' };
}

function quorumOf({ weight, up, down }: NonNullable<RawService['quorum']>): Quorum {
  return { weight, ...(up === undefined ? {} : { up }), ...(down === undefined ? {} : { down }) };
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

/** Resolves an SNAT rule of the file; returns undefined if no director can carry it. */
export function resolveSnat(r: Resolver, name: string, nodes: readonly LabNode[]): SnatRule | undefined {
  const raw = r.raw.snat?.[name] as NonNullable<RawLab['snat']>[string];
  const path = ['snat', name];
  const from = parseSubnet(raw.from);
  const to = parseAddress(raw.to);
  if (!from || !to) return undefined;
  const network = networkOf(from);
  if (network.address.text !== from.address.text)
    r.wrong(
      [...path, 'from'],
      `${raw.from} has host bits set; the network is ${network.address.text}/${network.prefix}`,
    );
  const director = nodes.find((n) => n.kind === 'director' && addressesOf(n).includes(to.text));
  if (!director) {
    if (!r.incomplete('nodes'))
      r.wrong([...path, 'to'], `no director has the address ${to.text}; give it to one of them`);
    return undefined;
  }
  if (from.address.family !== to.family)
    r.wrong(
      [...path, 'to'],
      `${to.text} and ${raw.from} are of different families; SNAT does not translate between them`,
    );
  const out =
    director.interfaces.find((i) => i.segment === raw.out) ?? linksOf(director).find((l) => l.name === raw.out);
  if (!out && !r.incomplete('segments'))
    r.wrong([...path, 'out'], `director "${director.name}" has no segment or device "${raw.out}"`);
  const within = (n: LabNode) =>
    addressesOf(n).some((a) => contains(from, parseAddress(a) ?? from.address) && familyOf(a) === to.family);
  const inside =
    raw.inside === undefined
      ? nodes.find((n) => n.kind !== 'director' && n.kind !== 'switch' && within(n))
      : r.lookup(nodes, raw.inside, undefined, [...path, 'inside']);
  const outside =
    raw.outside === undefined
      ? nodes.find((n) => n.kind !== 'director' && n.serve.length > 0 && !within(n))
      : r.lookup(nodes, raw.outside, undefined, [...path, 'outside']);
  if (!r.incomplete('nodes') && (!inside || !outside)) {
    r.wrong(
      path,
      inside
        ? 'no node outside serves a port; add one with serve: [80/tcp, 80/udp]'
        : `no node has an address in ${raw.from}`,
      'key',
    );
  }
  if (!out || !inside || !outside) return undefined;
  return {
    name,
    from: raw.from,
    to: to.text,
    out: out.name,
    director: director.name,
    protocols: raw.protocols ?? SNAT_PROTOCOLS,
    inside: inside.name,
    outside: outside.name,
    port: outside.serve[0]?.port ?? 80,
  };
}

/** Reports mistakes that only the whole lab shows: VIPs that no director announces, modes that lack a requirement. */
export function crossCheck(
  r: Resolver,
  nodes: readonly LabNode[],
  services: readonly Service[],
  { snat, vrrp, ospf }: Pick<Parts, 'snat' | 'vrrp' | 'ospf'>,
): void {
  const announcing = [...vrrp, ...ospf];
  const balancers = nodes.filter((n) => n.kind === 'director');
  for (const service of services) {
    const path = ['services', service.name];
    const announcers = announcing.filter((v) => v.services.includes(service.name));
    if (balancers.length === 0 && !r.incomplete('nodes'))
      r.wrong(path, `service "${service.name}" has no director; add a node of kind director`, 'key');
    if (announcers.length === 0 && balancers.length > 1 && !r.incomplete('vrrp') && !r.incomplete('ospf')) {
      r.wrong(
        [...path, 'vip'],
        `no director announces VIP ${service.vip}: the lab has ${balancers.length} directors, and no vrrp instance or ospf domain names service "${service.name}"`,
      );
    }
    const related = { message: `service "${service.name}" is declared here`, path };
    for (const { name, message } of withoutLip(service, balancers)) r.wrong(['nodes', name], message, 'key', related);
    for (const message of apart(service, balancers)) r.wrong([...path, 'mode'], message, 'value', related);
    for (const driver of carriers(nodes))
      for (const { key, why } of [...lacks(driver, service), ...driver.refuses(service, services)])
        r.wrong([...path, key], why, 'value', key === 'mode' ? related : undefined);
  }
  tellRefused(r, balancers, { nodes, services, snat, vrrp, ospf });
  if (
    (services.length > 0 || r.incomplete('services')) &&
    !r.incomplete('nodes') &&
    !nodes.some((n) => n.kind === 'client')
  )
    r.wrong(['nodes'], 'the lab has no client; add a node of kind client', 'key');
}

/** Reports what drivers do not support of the lab for their directors, each once. */
function tellRefused(r: Resolver, balancers: readonly LabNode[], parts: Parts): void {
  const told = new Set<string>();
  for (const { path, why } of balancers.flatMap((node) => driverOf(node).refusesOf(parts, node))) {
    const key = JSON.stringify([path, why]);
    if (!told.has(key)) r.wrong(path, why, 'key');
    told.add(key);
  }
}

/** Returns the directors that lack a LIP for a service whose mode needs one. */
function withoutLip(service: Service, balancers: readonly LabNode[]): readonly { name: string; message: string }[] {
  const { mode, name } = service;
  const family = innerFamily(service);
  if (!modes[mode].needsLips) return [];
  return balancers
    .filter((d) => !d.manual && !d.lips.some((l) => familyOf(l.address) === family))
    .map((d) => ({
      name: d.name,
      message: `director "${d.name}" has no LIP${family === 6 ? ' of IPv6' : ''}, and service "${name}" is ${mode}; add lips: [ADDRESS] on the real servers' segment`,
    }));
}

/** Returns directors and real servers that share no segment, if a service's mode needs one. */
function apart({ mode, reals }: Service, balancers: readonly LabNode[]): readonly string[] {
  if (!modes[mode].needsSegment) return [];
  const others = modesThat((m) => m.wire.target === 'vip' && !m.needsSegment, 'or');
  return reals.flatMap((real) =>
    balancers
      .filter((d) => !linkTo(d, real.address))
      .map(
        (d) =>
          `in ${mode} the director changes MAC addresses only, but "${d.name}" shares no segment with ${real.node} (${real.address}); use ${others}, or put both on one segment`,
      ),
  );
}

/** Returns the drivers that carry services: those of the directors, or the default one if there is no director yet. */
export function carriers(nodes: readonly LabNode[]): readonly Driver[] {
  const all = driversOf({ nodes });
  return all.length > 0 ? all : [drivers[STANDARD_DRIVER]];
}

/** Returns the parts of a service that are not on a driver's lists. */
function lacks(driver: Driver, service: Service): readonly Refused[] {
  const { name, modes: forwards, families, schedulers, protocols } = driver;
  const asked = [
    { key: 'mode', word: `mode ${service.mode}`, can: forwards.includes(service.mode), list: forwards },
    { key: 'vip', word: `IPv${familyOf(service.vip)}`, can: families.includes(familyOf(service.vip)), list: families },
    {
      key: 'scheduler',
      word: `scheduler ${service.scheduler}`,
      can: schedulers.includes(service.scheduler),
      list: schedulers,
    },
    { key: 'protocol', word: service.protocol, can: protocols.includes(service.protocol), list: protocols },
  ] as const;
  return asked
    .filter((a) => !a.can)
    .map(({ key, word, list }) => ({ key, why: `driver ${name} cannot do ${word}; it can do ${list.join(', ')}` }));
}

/** Reports entries of the lab file that nothing needs: otherwise they would be ignored silently. */
export function tellUnused(r: Resolver, nodes: readonly LabNode[], services: readonly Service[]): void {
  if (r.raw.driver !== undefined && !r.incomplete('nodes') && directors({ nodes }).length === 0)
    r.wrong(['driver'], 'the lab has no director to run it', 'key');
  if (r.incomplete('services')) return;
  if (r.raw.timeouts && services.length === 0)
    r.wrong(['timeouts'], 'the lab has no service, so directors track no connections', 'key');
  for (const node of nodes.filter((n) => n.kind === 'director' && !n.manual))
    for (const [i, lip] of node.lips.entries())
      if (!services.some((s) => modes[s.mode].needsLips && innerFamily(s) === familyOf(lip.address)))
        r.wrong(
          ['nodes', node.name, 'lips', i],
          `no service is ${modesThat((m) => m.needsLips, 'or')} over IPv${familyOf(lip.address)}: the LIP ${lip.address} is never used`,
        );
}
