import type { Driver, Parts, Refused } from '../drivers/driver.ts';
import { carriers, driverOf } from '../drivers/index.ts';
import { byMode, directors, familyOf, innerFamily, linkTo, lipsOf } from '../model/lookup.ts';
import type { LabNode, Lip } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import { modes, modesThat } from '../modes/index.ts';
import { tellMarks } from './resolve-entry.ts';
import type { Resolver } from './resolver.ts';
import type { Path } from './source.ts';

/** Reports mistakes that only the whole lab shows: VIPs that no director announces, modes that lack a requirement. */
export function crossCheck(
  r: Resolver,
  nodes: readonly LabNode[],
  services: readonly Service[],
  { snat, vrrp, ospf, bgp = [] }: Pick<Parts, 'snat' | 'vrrp' | 'ospf' | 'bgp'>,
): void {
  const announcing = [...vrrp, ...ospf, ...bgp];
  const balancers = nodes.filter((n) => n.kind === 'director');
  for (const service of services) {
    const path = ['services', service.name];
    const announcers = announcing.filter((v) => v.services.includes(service.name));
    if (balancers.length === 0 && !r.incomplete('nodes'))
      r.wrong(path, `service "${service.name}" has no director; add a node of kind director`, 'key');
    if (
      announcers.length === 0 &&
      balancers.length > 1 &&
      !['vrrp', 'ospf', 'bgp'].some((section) => r.incomplete(section))
    ) {
      r.wrong(
        [...path, 'vip'],
        `no director announces VIP ${service.vip}: the lab has ${balancers.length} directors, and no vrrp instance, ospf or bgp domain names service "${service.name}"`,
      );
    }
    const related = { message: `service "${service.name}" is declared here`, path };
    for (const { name, message } of withoutLip(service, balancers)) r.wrong(['nodes', name], message, 'key', related);
    tellLips(r, service, balancers);
    for (const { real, message } of byMode(service).flatMap((part) => apart(part, balancers)))
      r.wrong([...path, ...(real.mode === undefined ? [] : ['reals', real.node]), 'mode'], message, 'value', related);
    for (const driver of carriers(nodes))
      for (const { key, real, why } of [...lacks(driver, service), ...driver.refuses(service, services)])
        r.wrong(
          [...path, ...(real === undefined ? [] : ['reals', real]), key],
          why,
          'value',
          key === 'mode' ? related : undefined,
        );
  }
  tellMarks(r, services);
  tellRefused(r, balancers, { nodes, services, snat, vrrp, ospf, bgp });
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

/** Reports LIPs of a service that are no LIPs of its directors, and directors that have none of them. */
function tellLips(r: Resolver, service: Service, balancers: readonly LabNode[]): void {
  const { name, mode, lips } = service;
  if (lips === undefined || r.incomplete('nodes')) return;
  const path = ['services', name, 'lips'];
  if (!modes[mode].needsLips) {
    r.wrong(path, `${mode} uses no LIP; only ${modesThat((m) => m.needsLips, 'and')} does`, 'key');
    return;
  }
  const family = innerFamily(service);
  const known = balancers.flatMap((d) => d.lips.map((l) => l.address)).filter((l) => familyOf(l) === family);
  const unknown = lips.filter((lip) => !known.includes(lip));
  for (const lip of unknown)
    r.wrong(
      [...path, lips.indexOf(lip)],
      familyOf(lip) === family
        ? `${lip} is no LIP of a director${known.length > 0 ? `; the LIPs are ${known.join(', ')}` : ''}`
        : `${lip} is not of the family of the real servers, IPv${family}`,
    );
  const idle = balancers.filter((d) => !d.manual && d.lips.length > 0 && lipsOf(d, service).length === 0);
  if (unknown.length === 0)
    for (const director of idle)
      r.wrong(path, `director "${director.name}" has none of these LIPs; each director uses its own`, 'key');
}

/** Returns directors and real servers that share no segment, if a service's mode needs one. */
function apart(
  { mode, reals }: Service,
  balancers: readonly LabNode[],
): readonly { readonly real: Real; readonly message: string }[] {
  if (!modes[mode].needsSegment) return [];
  const others = modesThat((m) => m.wire.target === 'vip' && !m.needsSegment, 'or');
  return reals.flatMap((real) =>
    balancers
      .filter((d) => !linkTo(d, real.address))
      .map((d) => ({
        real,
        message: `in ${mode} the director changes MAC addresses only, but "${d.name}" shares no segment with ${real.node} (${real.address}); use ${others}, or put both on one segment`,
      })),
  );
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
    for (const [i, lip] of node.lips.entries()) tellIdleLip(r, ['nodes', node.name, 'lips', i], lip, services);
}

function tellIdleLip(r: Resolver, path: Path, { address }: Lip, services: readonly Service[]): void {
  const fitting = services.filter((s) => modes[s.mode].needsLips && innerFamily(s) === familyOf(address));
  const ends = `: the LIP ${address} is never used`;
  if (fitting.length === 0)
    r.wrong(path, `no service is ${modesThat((m) => m.needsLips, 'or')} over IPv${familyOf(address)}${ends}`);
  else if (!fitting.some((s) => s.lips === undefined || s.lips.includes(address)))
    r.wrong(path, `every service has other LIPs of its own${ends}`);
}
