import type { Step } from '../../model/step.ts';
import { didYouMean } from '../../nearest.ts';
import type { Resolver } from '../resolver.ts';
import type { Path } from '../source.ts';
import { type Known, serviceName } from './step-word.ts';

export const shape = serviceName(
  'Proves on the wire what the forwarding mode of the service, or the SNAT rule, promises',
);

export function resolve(r: Resolver, known: Known, name: string, path: Path): Step | undefined {
  if (known.snat.some((s) => s.name === name) || r.isDropped(`snat.${name}`)) return { kind: 'snat', rule: name };
  const service = known.services.some((s) => s.name === name);
  const names = [...known.services, ...known.snat].map((s) => s.name);
  if (!service && !r.isDropped(`services.${name}`))
    r.wrong(path, `there is no service "${name}"${didYouMean(name, names)}`);
  return service ? { kind: 'contract', service: name } : undefined;
}
