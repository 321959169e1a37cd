import type { Lab } from '../model/lab.ts';
import type { DriverName } from '../model/words.ts';
import { fail, ok, type Result } from '../result.ts';
import { crossCheck, tellUnused } from './cross-check.ts';
import { type Diagnostic, Mistakes } from './diagnostic.ts';
import { checkShape } from './load.ts';
import { resolveBgp } from './resolve-bgp.ts';
import { tellSegmentMtus } from './resolve-mtu.ts';
import { resolveNode } from './resolve-node.ts';
import { resolveOspf } from './resolve-ospf.ts';
import { tellPorts } from './resolve-ports.ts';
import { resolveService } from './resolve-service.ts';
import { resolveSnat } from './resolve-snat.ts';
import { resolveSteps } from './resolve-step.ts';
import { resolveVrrp } from './resolve-vrrp.ts';
import { ms, type ReadBeside, Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Source } from './source.ts';

/** Options that the caller gives in addition to the lab file. */
export interface Override {
  /** The running copy's name, if it is not the lab's own. */
  readonly name?: string | undefined;
  /** The driver of directors for which the lab file names none. */
  readonly driver?: DriverName | undefined;
}

/**
 * Builds a Lab from a file, as far as the file could be read. Fails with every mistake in it at once: in syntax, in
 * shape, and in names, addresses and combinations of everything that has the right shape.
 */
export function checkLab(
  source: Source,
  readBeside: ReadBeside,
  { name, driver }: Override = {},
): Result<Lab, readonly Diagnostic[]> {
  const mistakes = new Mistakes(source.file);
  mistakes.take(source.mistakes);
  const { raw, dropped } = checkShape(source, mistakes);
  if (!raw) return fail(mistakes.all());
  const r = new Resolver(raw, source, readBeside, { dropped, mistakes }, driver);
  r.readSegments();
  tellSegmentMtus(r);
  const nodes = Object.keys(raw.nodes).map((n) => resolveNode(r, n));
  const services = Object.keys(raw.services ?? {}).flatMap((s) => resolveService(r, s, nodes) ?? []);
  for (const node of nodes) tellPorts(r, node, services);
  const snat = Object.keys(raw.snat ?? {}).flatMap((s) => resolveSnat(r, s, nodes) ?? []);
  const vrrp = Object.keys(raw.vrrp ?? {}).map((v) => resolveVrrp(r, v, nodes, services));
  const ospf = Object.keys(raw.ospf ?? {}).map((o) => resolveOspf(r, o, nodes, services));
  const bgp = Object.keys(raw.bgp ?? {}).map((b) => resolveBgp(r, b, nodes, services));
  crossCheck(r, nodes, services, { snat, vrrp, ospf, bgp });
  tellUnused(r, nodes, services);
  const scenario = resolveSteps(r, { nodes, services, snat, vrrp, ospf, bgp });
  if (mistakes.count > 0) return fail(mistakes.all());
  const { timeouts } = raw;
  return ok({
    name: name ?? raw.lab,
    lab: raw.lab,
    source: raw.source ?? '',
    segments: [...r.segments].map(([segment, subnets]) => ({
      name: segment,
      subnets: subnets.map((s) => `${s.address.text}/${s.prefix}`),
      ...(r.mtus.has(segment) ? { mtu: r.mtus.get(segment) as number } : {}),
    })),
    nodes,
    services,
    snat,
    vrrp,
    ospf,
    ...(bgp.length > 0 ? { bgp } : {}),
    scenario,
    ...(raw.advice ? { advice: offOf(raw.advice) } : {}),
    ...(timeouts ? { timeouts: { tcp: ms(timeouts.tcp), fin: ms(timeouts.fin), udp: ms(timeouts.udp) } } : {}),
  });
}

/** Returns the advice that a lab turns off, without the rest, whose reasons are absent. */
function offOf(raw: NonNullable<RawLab['advice']>): NonNullable<Lab['advice']> {
  return Object.fromEntries(Object.entries(raw).filter(([, reason]) => reason !== undefined));
}
