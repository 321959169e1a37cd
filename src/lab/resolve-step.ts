import { masterDownInterval } from '../checks/adverts.ts';
import { parseFault } from '../faults/parse.ts';
import type { LabNode } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import type { Expectation, Step } from '../model/step.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { didYouMean } from '../nearest.ts';
import { formatMs } from '../net/duration.ts';
import { carriers, ms } from './resolve-service.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawStep = NonNullable<RawLab['scenario']>[number];

/** The names that steps may refer to. */
export interface Known {
  readonly nodes: readonly LabNode[];
  readonly services: readonly Service[];
  readonly snat: readonly SnatRule[];
  readonly vrrp: readonly VrrpInstance[];
  readonly ospf: readonly OspfDomain[];
}

/** Resolves the scenario: the file's, or the contract of everything in it. */
export function resolveSteps(r: Resolver, known: Known): readonly Step[] {
  const all = [...known.services, ...known.snat].map((s): RawStep => ({ contract: s.name }));
  return (r.raw.scenario ?? all).flatMap((step, i) => resolveStep(r, known, step, ['scenario', i]) ?? []);
}

function resolveStep(r: Resolver, known: Known, step: RawStep, at: Path): Step | undefined {
  if (step.contract !== undefined) return contract(r, known, step.contract, [...at, 'contract']);
  if (step.persistence !== undefined) return persistence(r, known, step.persistence, [...at, 'persistence']);
  if (step.health !== undefined) {
    const path = [...at, 'health'];
    const service = serviceNamed(r, known, step.health.service, [...path, 'service']);
    r.lookup(known.nodes, step.health.stop, 'realserver', [...path, 'stop']);
    if (service && !service.health) r.wrong([...path, 'service'], `service "${service.name}" has no health check`);
    return service && { kind: 'health', ...step.health };
  }
  if (step.failover !== undefined) return failover(r, known, step.failover, [...at, 'failover']);
  if (step.fault !== undefined) return faultStep(r, known, step.fault, [...at, 'fault']);
  if (step.check !== undefined) {
    const expect = expectation(r, known, step.check, [...at, 'check']);
    return expect && { kind: 'check', expect };
  }
  if (step.run !== undefined) {
    const expect = expectation(r, known, { run: step.run }, at);
    return expect && { kind: 'check', expect };
  }
  if (step.arp !== undefined) {
    r.lookup(known.nodes, step.arp.from, undefined, [...at, 'arp', 'from']);
    return { kind: 'arp', address: step.arp.of, from: step.arp.from, replies: step.arp.replies };
  }
  if (step.cut !== undefined) {
    const path = [...at, 'cut'];
    const service = serviceNamed(r, known, step.cut.service, [...path, 'service']);
    const node = r.lookup(known.nodes, step.cut.node, undefined, [...path, 'node']);
    for (const [i, link] of step.cut.links.entries()) {
      if (node && !node.interfaces.some((f) => f.segment === link))
        r.wrong([...path, 'links', i], `"${node.name}" has no card on segment "${link}"`);
    }
    return (
      service &&
      node && {
        kind: 'cut',
        service: service.name,
        node: node.name,
        links: step.cut.links,
        answers: step.cut.expect === 'answers',
      }
    );
  }
  return undefined;
}

function serviceNamed(r: Resolver, known: Known, name: string, path: Path): Service | undefined {
  const service = known.services.find((s) => s.name === name);
  const names = known.services.map((s) => s.name);
  if (!service && !r.isDropped(`services.${name}`))
    r.wrong(path, `there is no service "${name}"${didYouMean(name, names)}`);
  return service;
}

function contract(r: Resolver, known: Known, name: string, path: Path): Step | undefined {
  if (known.snat.some((s) => s.name === name) || r.isDropped(`snat.${name}`)) return { kind: 'snat', rule: name };
  const service = known.services.some((s) => s.name === name);
  const names = [...known.services, ...known.snat].map((s) => s.name);
  if (!service && !r.isDropped(`services.${name}`))
    r.wrong(path, `there is no service "${name}"${didYouMean(name, names)}`);
  return service ? { kind: 'contract', service: name } : undefined;
}

function persistence(r: Resolver, known: Known, name: string, path: Path): Step | undefined {
  const service = serviceNamed(r, known, name, path);
  if (service && !service.persistence) r.wrong(path, `service "${name}" has no persistence`);
  const turns = service && ['rr', 'wrr'].includes(service.scheduler);
  if (service && (!turns || new Set(service.reals.map((s) => s.weight)).size > 1))
    r.wrong(
      path,
      `a client is sure to move only with scheduler rr, or wrr with equal weights; service "${name}" has ${service.scheduler}`,
    );
  if (service?.persistence)
    for (const driver of carriers(known.nodes)) {
      const { timeouts: raw } = r.raw;
      const seconds = (text: string) => ms(text) / 1000;
      const lingers = driver.lingers(
        service,
        raw ? { tcp: seconds(raw.tcp), fin: seconds(raw.fin), udp: seconds(raw.udp) } : driver.timeouts,
      );
      if (lingers > service.persistence.time)
        r.wrong(
          path,
          `driver ${driver.name} keeps ended connections of ${service.mode} for ${formatMs(lingers)}, and the client's template with them, longer than the persistence of ${formatMs(service.persistence.time)}; this step needs dr or tun, and timeouts: below the persistence`,
        );
    }
  if (service && service.reals.length < 2)
    r.wrong(path, `service "${name}" has only one real server, so a client cannot move`);
  return service && { kind: 'persistence', service: name };
}

function failover(r: Resolver, known: Known, raw: NonNullable<RawStep['failover']>, path: Path): Step | undefined {
  const { service, kill, to } = raw;
  const moved = serviceNamed(r, known, service, [...path, 'service']);
  let named = moved !== undefined;
  const vrrp = known.vrrp.find((v) => v.services.includes(service));
  for (const [key, name] of [
    ['kill', kill],
    ['to', to],
  ] as const) {
    const director = r.lookup(known.nodes, name, 'director', [...path, key]);
    if (!director) named = false;
    else if (!r.incomplete('vrrp') && !vrrp?.members.some((m) => m.node === name)) {
      r.wrong([...path, key], `"${name}" is in no vrrp instance that moves service "${service}"`);
      named = false;
    }
  }
  if (!named) return undefined;
  const [master, heir] = vrrp?.members ?? [];
  if (kill === to) r.wrong([...path, 'to'], `"${to}" is the director that is killed`);
  else if (master && master.node !== kill)
    r.wrong([...path, 'kill'], `"${kill}" is not the master: "${master.node}" has the highest priority`);
  else if (heir && heir.node !== to)
    r.wrong([...path, 'to'], `"${to}" does not take over: "${heir.node}" has the next priority`);
  return faultStep(r, known, { inject: `kill:${kill}`, service }, path);
}

type RawFault = NonNullable<RawStep['fault']>;

function faultStep(r: Resolver, known: Known, raw: RawFault, path: Path): Step | undefined {
  const whole = typeof raw === 'string' ? { inject: raw } : raw;
  const at = typeof raw === 'string' ? path : [...path, 'inject'];
  const parsed = parseFault(whole.inject, known);
  if (!parsed.ok && !r.incomplete('nodes')) r.wrong(at, parsed.error);
  const name = whole.service ?? known.services[0]?.name;
  const service = name === undefined ? undefined : serviceNamed(r, known, name, [...path, 'service']);
  if (name === undefined && !r.incomplete('services'))
    r.wrong(at, 'the lab has no service, so no impact on clients can be measured');
  const clients = whole.clients === undefined ? undefined : [whole.clients].flat();
  for (const client of clients ?? []) r.lookup(known.nodes, client, 'client', [...path, 'clients']);
  const keeps = service && (service.persistence !== undefined || ['sh', 'mh'].includes(service.scheduler));
  if (whole.sticks && service && !keeps)
    r.wrong(
      [...path, 'sticks'],
      `service "${service.name}" has neither persistence nor a hashing scheduler, so clients do not stay at their real servers`,
    );
  if (!parsed.ok || !service) return undefined;
  const list = (key: 'during' | 'healed') =>
    (whole[key] ?? []).flatMap((e, i) => expectation(r, known, e, [...path, key, i]) ?? []);
  return {
    kind: 'fault',
    fault: parsed.value,
    service: service.name,
    clients:
      clients ??
      known.nodes
        .filter((n) => n.kind === 'client')
        .slice(0, 1)
        .map((n) => n.name),
    flows: whole.flows ?? 1,
    sticks: whole.sticks ?? false,
    outage: whole.outage === undefined ? 'budget' : whole.outage === 'lasts' ? 'lasts' : ms(whole.outage),
    during: list('during'),
    healed: list('healed'),
    repeat: whole.repeat ?? 1,
    ...(whole.flow === undefined ? {} : { flow: whole.flow }),
  };
}

type RawExpectation = NonNullable<RawStep['check']>;

/** Keys that belong to one kind of expectation. */
const BELONGS = { of: 'master', by: 'answers', real: 'weight', service: 'weight' } as const;

/** Reports keys that belong to another kind of expectation: they would have no effect. */
function tellStrays(r: Resolver, raw: RawExpectation, path: Path): void {
  for (const [key, owner] of Object.entries(BELONGS) as [keyof typeof BELONGS, 'master' | 'answers' | 'weight'][])
    if (raw[key] !== undefined && raw[owner] === undefined)
      r.wrong([...path, key], `"${key}" belongs to ${owner}, and has no effect here`, 'key');
  if (raw.within !== undefined && raw.run?.within !== undefined)
    r.wrong([...path, 'within'], 'the run sets within already; leave out one of the two', 'key');
}

/** Default time between two looks. */
const LOOK_EVERY = '50ms';
/** Milliseconds added to the time that VRRP or a health check may take. */
const MARGIN_MS = 1000;
/** Milliseconds in which a service must answer, or stop answering. */
const ANSWER_MS = 3000;

function expectation(r: Resolver, known: Known, raw: RawExpectation, path: Path): Expectation | undefined {
  const times = (standard: number) => ({
    within: raw.within === undefined ? standard : ms(raw.within),
    every: ms(raw.every ?? LOOK_EVERY),
    lasts: raw.for === undefined ? 0 : ms(raw.for),
  });
  tellStrays(r, raw, path);
  if (raw.master !== undefined) return mastersExpected(r, known, raw, path, times);
  if (raw.answers !== undefined) {
    const by = [raw.by ?? []].flat();
    for (const name of by) r.lookup(known.nodes, name, undefined, [...path, 'by']);
    const service = serviceNamed(r, known, raw.answers, [...path, 'answers']);
    return service && { kind: 'answers', service: service.name, by, ...times(ANSWER_MS) };
  }
  if (raw.silent !== undefined) {
    const service = serviceNamed(r, known, raw.silent, [...path, 'silent']);
    return service && { kind: 'silent', service: service.name, ...times(ANSWER_MS) };
  }
  if (raw.weight !== undefined) {
    const name = raw.service ?? known.services[0]?.name ?? '';
    const service = serviceNamed(r, known, name, [...path, 'service']);
    if (raw.real === undefined) r.wrong(path, 'the real server is missing; add real: REALSERVER', 'key');
    else if (service && !service.reals.some((s) => s.node === raw.real))
      r.wrong([...path, 'real'], `"${raw.real}" is not a real server of service "${service.name}"`);
    if (!service || raw.real === undefined) return undefined;
    const check = service.health;
    const budget = check ? check.every + (check.retry + 1) * check.timeout + check.retry * check.pause : 0;
    return { kind: 'weight', service: service.name, node: raw.real, weight: raw.weight, ...times(budget + MARGIN_MS) };
  }
  if (raw.run === undefined) return undefined;
  const { on, do: command, title, exits, prints, within } = raw.run;
  r.lookup(known.nodes, on, undefined, [...path, 'run', 'on']);
  return {
    kind: 'run',
    run: {
      node: on,
      command,
      title: title ?? `${on}: ${command}`,
      exits: exits ?? 0,
      ...(prints === undefined ? {} : { prints }),
    },
    ...times(within === undefined ? 0 : ms(within)),
  };
}

/**
 * Returns the longest time until another director is master, in milliseconds: the tracked object is noticed, and the
 * slowest member has waited.
 */
function changeOf(vrrp: VrrpInstance): number {
  const seen = Math.max(0, ...vrrp.track.map((t) => ('script' in t ? t.every : 0)));
  return seen + vrrp.preemptDelay + Math.max(...vrrp.members.map((m) => masterDownInterval(vrrp, m.priority)));
}

function mastersExpected(
  r: Resolver,
  known: Known,
  raw: RawExpectation,
  path: Path,
  times: (standard: number) => Pick<Expectation, 'within' | 'every' | 'lasts'>,
): Expectation | undefined {
  const nodes = [raw.master ?? []].flat();
  const names = known.vrrp.map((v) => v.name);
  if (raw.of !== undefined && !names.includes(raw.of) && !r.isDropped(`vrrp.${raw.of}`)) {
    r.wrong([...path, 'of'], `there is no VRRP instance "${raw.of}"${didYouMean(raw.of, names)}`);
    return undefined;
  }
  const instances = known.vrrp.filter((v) => raw.of === undefined || v.name === raw.of);
  if (instances.length === 0 && !r.incomplete('vrrp')) r.wrong(path, 'the lab has no VRRP instance', 'key');
  for (const name of nodes) {
    const director = r.lookup(known.nodes, name, 'director', [...path, 'master']);
    if (director && instances.some((v) => !v.members.some((m) => m.node === name)))
      r.wrong([...path, 'master'], `"${name}" does not take part in ${instances.map((v) => v.name).join(' and ')}`);
  }
  const longest = Math.max(0, ...instances.map(changeOf));
  return {
    kind: 'master',
    nodes,
    ...(raw.of === undefined ? {} : { instance: raw.of }),
    ...times(longest + MARGIN_MS),
  };
}
