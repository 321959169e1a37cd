import { z } from 'zod';
import type { Step } from '../../model/step.ts';
import type { Resolver } from '../resolver.ts';
import { address, mapping, nodeName, whole } from '../schema-words.ts';
import type { Path } from '../source.ts';
import type { Known } from './step-word.ts';

export const shape = z
  .strictObject(
    {
      of: address('The address to ask for'),
      from: nodeName('The node that sends the request'),
      replies: whole('Expected number of replies to one request', 0, 64),
    },
    mapping('{ of: ADDRESS, from: NODE, replies: 1 }'),
  )
  .meta({ description: 'Sends one ARP request for an address, and counts the replies on the wire' });

export function resolve(r: Resolver, known: Known, raw: z.infer<typeof shape>, path: Path): Step | undefined {
  r.lookup(known.nodes, raw.from, undefined, [...path, 'from']);
  return { kind: 'arp', address: raw.of, from: raw.from, replies: raw.replies };
}
