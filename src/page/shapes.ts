import { z } from 'zod';
import type { Lab } from '../model/lab.ts';
import { DEVICES, MODES, NODE_KINDS, PROTOCOLS, SCHEDULERS } from '../model/words.ts';

const address = z.looseObject({ address: z.string(), prefix: z.number() });
const link = z.looseObject({ name: z.string(), addresses: z.array(address), mac: z.string() });
const member = z.looseObject({ node: z.string(), priority: z.number() });

/** lab.json, as far as it is drawn and its packets are told apart. */
export const LAB = z.looseObject({
  name: z.string(),
  source: z.string(),
  segments: z.array(z.looseObject({ name: z.string(), subnets: z.array(z.string()) })),
  nodes: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.enum(NODE_KINDS),
      interfaces: z.array(link.extend({ segment: z.string() })),
      devices: z.array(link.extend({ kind: z.enum(DEVICES) })),
      routes: z.array(z.looseObject({ to: z.string() })),
      lips: z.array(z.looseObject({ address: z.string(), interface: z.string() })),
    }),
  ),
  services: z.array(
    z.looseObject({
      name: z.string(),
      vip: z.string(),
      port: z.number(),
      protocol: z.enum(PROTOCOLS),
      mode: z.enum(MODES),
      scheduler: z.enum(SCHEDULERS),
      reals: z.array(
        z.looseObject({ node: z.string(), address: z.string(), port: z.number(), mode: z.enum(MODES).optional() }),
      ),
    }),
  ),
  snat: z.array(
    z.looseObject({
      name: z.string(),
      protocols: z.array(z.string()),
      from: z.string(),
      to: z.string(),
      inside: z.string(),
      outside: z.string(),
      director: z.string(),
    }),
  ),
  vrrp: z.array(
    z.looseObject({
      name: z.string(),
      segment: z.string(),
      id: z.number(),
      advert: z.number(),
      members: z.array(member).min(1),
      addresses: z.array(address),
      services: z.array(z.string()),
    }),
  ),
}) as unknown as z.ZodType<Lab>;

/** table-NODE.json. */
export const TABLE = z.object({
  services: z.array(
    z.looseObject({
      protocol: z.string(),
      address: z.string(),
      port: z.number(),
      scheduler: z.string(),
      reals: z.array(z.looseObject({ address: z.string(), port: z.number(), forward: z.string(), weight: z.number() })),
    }),
  ),
});

/** A line of events.ndjson that a timeline shows: a fault, its end, or what is waited for. */
export const HAPPENING = z.union([
  z.object({ type: z.literal('fault'), text: z.string(), at: z.number(), over: z.literal(true).optional() }),
  z.object({ type: z.literal('wait'), text: z.string(), at: z.string() }),
]);
