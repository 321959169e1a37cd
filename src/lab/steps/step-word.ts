import type { z } from 'zod';
import type { BgpDomain } from '../../model/bgp.ts';
import type { LabNode } from '../../model/node.ts';
import type { OspfDomain } from '../../model/ospf.ts';
import type { Service } from '../../model/service.ts';
import type { SnatRule } from '../../model/snat.ts';
import type { Step } from '../../model/step.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { didYouMean } from '../../nearest.ts';
import type { Resolver } from '../resolver.ts';
import { text } from '../schema-words.ts';
import type { Path } from '../source.ts';

/** The names that steps may refer to. */
export interface Known {
  readonly nodes: readonly LabNode[];
  readonly services: readonly Service[];
  readonly snat: readonly SnatRule[];
  readonly vrrp: readonly VrrpInstance[];
  readonly ospf: readonly OspfDomain[];
  readonly bgp: readonly BgpDomain[];
}

/**
 * A word of the scenario: its shape in the lab file, and the step that it means. A failing `resolve` reports its mistakes
 * and returns undefined.
 */
export interface StepWordOf<S extends z.ZodType> {
  readonly shape: S;
  resolve(r: Resolver, known: Known, raw: z.infer<S>, path: Path): Step | undefined;
}

/** Range of a step's wait: from nothing to a day. */
export const WAIT = ['0s', '1440m'] as const;

/** The shape of a service's name. */
export const serviceName = (description: string) => text('a service’s name', description, () => true);

/** Returns the service of that name; reports a mistake if there is none. */
export function serviceNamed(r: Resolver, known: Known, name: string, path: Path): Service | undefined {
  const service = known.services.find((s) => s.name === name);
  const names = known.services.map((s) => s.name);
  if (!service && !r.isDropped(`services.${name}`))
    r.wrong(path, `there is no service "${name}"${didYouMean(name, names)}`);
  return service;
}
