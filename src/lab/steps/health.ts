import { z } from 'zod';
import type { Step } from '../../model/step.ts';
import type { Resolver } from '../resolver.ts';
import { mapping, nodeName } from '../schema-words.ts';
import type { Path } from '../source.ts';
import { type Known, serviceName, serviceNamed } from './step-word.ts';

export const shape = z
  .strictObject(
    {
      service: serviceName('The service'),
      stop: nodeName('The real server whose program is stopped and started again'),
    },
    mapping('{ service: ..., stop: REALSERVER }'),
  )
  .meta({
    description:
      'Stops a real server’s program: the health check must remove the server within its budget, and add it again',
  });

export function resolve(r: Resolver, known: Known, raw: z.infer<typeof shape>, path: Path): Step | undefined {
  const service = serviceNamed(r, known, raw.service, [...path, 'service']);
  r.lookup(known.nodes, raw.stop, 'realserver', [...path, 'stop']);
  if (service && !service.health) r.wrong([...path, 'service'], `service "${service.name}" has no health check`);
  if (service?.health?.probe.kind === 'ping')
    r.wrong(
      [...path, 'service'],
      `service "${service.name}" is checked by ping, which a node answers without its program; use fault: kill:${raw.stop}, or another health check`,
    );
  return service && { kind: 'health', ...raw };
}
