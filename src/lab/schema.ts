import { z } from 'zod';
import { ADVICE, DRIVERS, KERNEL_CHOICES } from '../model/words.ts';
import { bgp } from './schema-bgp.ts';
import { needs, node } from './schema-node.ts';
import { ospf } from './schema-ospf.ts';
import { service, snat, timeouts } from './schema-service.ts';
import { step } from './schema-step.ts';
import { vrrp } from './schema-vrrp.ts';
import { freeName, mapping, mtu, network, nodeName, oneOf, text } from './schema-words.ts';

/** Subnets of a segment, as they are written in place of it or under `subnet`. */
const subnets = [z.literal('none'), network('Its subnet'), z.array(network('A subnet')).min(1)] as const;
const SUBNETS = 'a subnet such as 192.168.100.0/24, a list of such, or none for a bare wire';

const segment = z.union(
  [
    ...subnets,
    z.strictObject(
      {
        subnet: z
          .union(subnets, { error: `expected ${SUBNETS}` })
          .meta({ description: 'Its subnet, several subnets, or `none`' }),
        mtu: mtu('Size of the largest IP packet in bytes (default 1500)').optional(),
      },
      mapping('a segment: { subnet: SUBNET, mtu: 9000 }'),
    ),
  ],
  { error: `expected ${SUBNETS}; or these with the size of packets: { subnet: 192.168.100.0/24, mtu: 9000 }` },
);

const reason = text('the reason, in words', 'Why it does not apply to this lab', (v) => v.trim() !== '').optional();

/** Advice that a lab turns off. */
const advice = z.strictObject(
  Object.fromEntries(ADVICE.map((id) => [id, reason])) as Record<(typeof ADVICE)[number], typeof reason>,
  mapping('advice with the reason why it does not apply: { equal-priorities: "whoever is master stays it" }'),
);

/**
 * The lab file. The schema is the single source of types, parser, JSON Schema and reference. Each leaf has the message
 * for a mistake.
 */
export const labFile = z
  .strictObject(
    {
      lab: text(
        'a name of lower-case letters, digits and hyphens',
        'The lab’s name',
        () => true,
        /^[a-z][a-z0-9-]{0,40}$/,
      ),
      source: z.string(mapping('a text')).meta({ description: 'Source of the topology' }).optional(),
      kernel: oneOf('Kernel for the nodes that need their own (default auto)', KERNEL_CHOICES).optional(),
      needs: needs('What the kernel of every director must be able to do; see the nodes’ own').optional(),
      driver: oneOf(`Load balancer that the directors run (default ${DRIVERS[0]})`, DRIVERS).optional(),
      segments: z
        .record(nodeName('A segment'), segment, mapping('segments with their subnets: { lan: 192.168.100.0/24 }'))
        .meta({
          description:
            'Layer-2 networks of the lab, each with a subnet, several subnets, or `none`: a bare wire; or `{ subnet, mtu }`',
        }),
      nodes: z
        .record(nodeName('A node'), node, mapping('nodes, each with its kind and addresses'))
        .meta({ description: 'The lab’s nodes' }),
      services: z
        .record(freeName('A service'), service, mapping('services by name'))
        .meta({ description: 'The virtual services' })
        .optional(),
      snat: z
        .record(freeName('A rule'), snat, mapping('SNAT rules by name'))
        .meta({ description: 'SNAT rules of the directors' })
        .optional(),
      timeouts: timeouts.optional(),
      vrrp: z
        .record(freeName('An instance'), vrrp, mapping('VRRP instances by name'))
        .meta({ description: 'VRRP instances, by which directors share VIPs' })
        .optional(),
      ospf: z
        .record(freeName('A domain'), ospf, mapping('OSPF domains by name'))
        .meta({ description: 'OSPF domains, in which all directors announce VIPs' })
        .optional(),
      bgp: z
        .record(freeName('A domain'), bgp, mapping('BGP domains by name'))
        .meta({ description: 'BGP domains, in which all directors announce VIPs' })
        .optional(),
      advice: advice
        .meta({ description: 'Advice to turn off, each with the reason why it does not apply (docs/advice.md)' })
        .optional(),
      scenario: z
        .array(step, mapping('a list of steps'))
        .meta({ description: 'Steps of `lab test` (default: the contract of every service)' })
        .optional(),
    },
    mapping('a lab: lab, segments, nodes'),
  )
  .meta({
    title: 'lvslab lab file',
    description: 'A load-balancer testbed: segments, nodes, services, VRRP, and the scenario to test.',
  });

/** A lab file that has the right shape; its names and addresses are not yet checked against each other. */
export type RawLab = z.infer<typeof labFile>;

/** Returns the lab file's JSON Schema (draft 2020-12), for editors. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(labFile, { io: 'input' }) as Record<string, unknown>;
}

/** Keys that a node can have in addition to its segments. */
export const NODE_KEYS: readonly string[] = Object.keys(node.shape);
