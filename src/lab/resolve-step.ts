import { didYouMean } from '../nearest.ts';
import type { LabNode, Service, SnatRule, Step, VrrpInstance } from './model.ts';
import { ms } from './resolve-service.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawStep = NonNullable<RawLab['scenario']>[number];

/** What steps may speak of. */
export interface Known {
  readonly nodes: readonly LabNode[];
  readonly services: readonly Service[];
  readonly snat: readonly SnatRule[];
  readonly vrrp: readonly VrrpInstance[];
}

/** The scenario: the file's, or the contract of everything in it. */
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
  if (step.run !== undefined) {
    const { on, do: command, title, exits, prints, within } = step.run;
    r.lookup(known.nodes, on, undefined, [...at, 'run', 'on']);
    return {
      kind: 'run',
      node: on,
      command,
      title: title ?? `${on}: ${command}`,
      exits: exits ?? 0,
      within: within === undefined ? 0 : ms(within),
      ...(prints === undefined ? {} : { prints }),
    };
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
  if (service && service.scheduler !== 'rr')
    r.wrong(path, `only with scheduler rr does a client surely move; service "${name}" has ${service.scheduler}`);
  if (service && service.reals.length < 2) r.wrong(path, `service "${name}" has one real server: a client cannot move`);
  return service && { kind: 'persistence', service: name };
}

function failover(r: Resolver, known: Known, raw: NonNullable<RawStep['failover']>, path: Path): Step {
  const { service, kill, to } = raw;
  serviceNamed(r, known, service, [...path, 'service']);
  const members = known.vrrp.find((v) => v.services.includes(service))?.members ?? [];
  for (const [key, name] of [
    ['kill', kill],
    ['to', to],
  ] as const) {
    const director = r.lookup(known.nodes, name, 'director', [...path, key]);
    if (director && !r.incomplete('vrrp') && !members.some((m) => m.node === name)) {
      r.wrong([...path, key], `"${name}" is in no vrrp instance that moves service "${service}"`);
    }
  }
  if (kill === to) r.wrong([...path, 'to'], `"${to}" is the director that is killed`);
  return { kind: 'failover', service, kill, to };
}
