import { z } from 'zod';
import { parseFault } from '../../faults/parse.ts';
import { MOST_FLOWS, type Step } from '../../model/step.ts';
import { FLOW_FATES } from '../../model/words.ts';
import { ms, type Resolver } from '../resolver.ts';
import {
  duration,
  path as filePath,
  mapping,
  nodeName,
  oneOf,
  oneOrMore,
  text,
  whole,
  within,
  yes,
} from '../schema-words.ts';
import type { Path } from '../source.ts';
import { expectation, expectationShape } from './expectation.ts';
import { type Known, serviceName, serviceNamed, WAIT } from './step-word.ts';

const faultText = text('a fault such as kill:lb1', 'The fault; `lab fault` lists every kind', (v) => v !== '');

export const shape = z
  .union(
    [
      faultText,
      z.strictObject({
        inject: faultText,
        with: filePath('The other configuration that a reload brings (default: the same again)').optional(),
        service: serviceName('The service that is probed (default: the first)').optional(),
        outage: z
          .union([z.literal('lasts'), duration('At most', ...WAIT)], { error: `expected ${within(...WAIT)}, or lasts` })
          .meta({
            description:
              'Outage budget (default: derived from the configuration’s timers), or `lasts`: the outage lasts until the fault is healed',
          })
          .optional(),
        clients: oneOrMore(
          nodeName('A client'),
          'a client',
          'The clients that probe it (default: the first)',
        ).optional(),
        flows: whole('Connections that each client holds open (default 1)', 1, MOST_FLOWS).optional(),
        flow: oneOf(
          'What happens to connections that were open before: all survive, or some break',
          FLOW_FATES,
        ).optional(),
        sticks: yes('Clients keep their real servers while the fault is active').optional(),
        during: z
          .array(expectationShape, mapping('a list of what must hold'))
          .meta({ description: 'Expectations while the fault is active, in this order' })
          .optional(),
        healed: z
          .array(expectationShape, mapping('a list of what must hold'))
          .meta({ description: 'Expectations after it is healed, in this order' })
          .optional(),
        repeat: whole('Number of repetitions (default 1)', 1, 1000).optional(),
      }),
    ],
    { error: 'expected a fault such as kill:lb1, or { inject: kill:lb1, during: [...], healed: [...] }' },
  )
  .meta({ description: 'Injects a fault, measures its impact on clients, heals it: a fault, or `{ inject, ... }`' });

export function resolve(r: Resolver, known: Known, raw: z.infer<typeof shape>, path: Path): Step | undefined {
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
  const brings = whole.with === undefined ? undefined : r.file(whole.with, [...path, 'with']);
  if (whole.with !== undefined && parsed.value.kind !== 'reload')
    r.wrong([...path, 'with'], `${parsed.value.kind} takes no file; only reload does`, 'key');
  const list = (key: 'during' | 'healed') =>
    (whole[key] ?? []).flatMap((e, i) => expectation(r, known, e, [...path, key, i]) ?? []);
  return {
    kind: 'fault',
    fault: { ...parsed.value, ...(brings ? { brings } : {}) },
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
