import { z } from 'zod';
import type { Step } from '../../model/step.ts';
import type { Resolver } from '../resolver.ts';
import { mapping, nodeName, oneOf } from '../schema-words.ts';
import type { Path } from '../source.ts';
import { type Known, serviceName, serviceNamed } from './step-word.ts';

export const shape = z
  .strictObject(
    {
      service: serviceName('The service that is probed meanwhile'),
      node: nodeName('The node whose wires are cut'),
      links: z
        .array(nodeName('A segment'), mapping('a list of segments'))
        .min(1, { error: 'expected at least one segment' })
        .meta({ description: 'The wires, by their segments' }),
      expect: oneOf('What happens to the service', ['answers', 'silent']),
    },
    mapping('{ service: ..., node: ..., links: [SEGMENT], expect: answers }'),
  )
  .meta({ description: 'Cuts wires of a node, checks the service, and restores the wires' });

export function resolve(r: Resolver, known: Known, raw: z.infer<typeof shape>, path: Path): Step | undefined {
  const service = serviceNamed(r, known, raw.service, [...path, 'service']);
  const node = r.lookup(known.nodes, raw.node, undefined, [...path, 'node']);
  for (const [i, link] of raw.links.entries()) {
    if (node && !node.interfaces.some((f) => f.segment === link))
      r.wrong([...path, 'links', i], `"${node.name}" has no card on segment "${link}"`);
  }
  return (
    service &&
    node && {
      kind: 'cut',
      service: service.name,
      node: node.name,
      links: raw.links,
      answers: raw.expect === 'answers',
    }
  );
}
