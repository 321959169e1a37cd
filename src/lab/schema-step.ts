import { z } from 'zod';
import { MOST_FLOWS } from '../model/step.ts';
import { EXPECTATIONS, FLOW_FATES, STEPS } from '../model/words.ts';
import {
  address,
  command,
  duration,
  freeName,
  mapping,
  nodeName,
  oneOf,
  oneOrMore,
  text,
  whole,
  within,
  yes,
} from './schema-words.ts';

/** What a step may wait: nothing, or for a day. */
const WAIT = ['0s', '1440m'] as const;

const serviceName = (description: string) => text('a service’s name', description, () => true);

const run = z
  .strictObject(
    {
      on: nodeName('The node'),
      do: command('What is run in the node’s own kernel'),
      title: text('a sentence', 'What it shows (default: the command)', (v) => v !== '').optional(),
      exits: whole('The exit code it must have (default 0)', 0, 255).optional(),
      prints: text('a regular expression', 'What its output must match', isRegExp).optional(),
      within: duration('How long it may take until it is so; it is run again until then', ...WAIT).optional(),
    },
    mapping('{ on: NODE, do: COMMAND }'),
  )
  .meta({ description: 'Runs a command in a node, and holds its exit code and output against what is said here' });

/** What must hold: at once, within a time, for a time. */
const expectation = z
  .strictObject(
    {
      master: oneOrMore(nodeName('A director'), 'a director', 'Who sends adverts, and nobody else').optional(),
      of: freeName('The VRRP instance (default: all)').optional(),
      answers: serviceName('The service that answers every connection').optional(),
      by: oneOrMore(nodeName('A real server'), 'a real server', 'Who alone answers').optional(),
      silent: serviceName('The service that answers no connection').optional(),
      weight: z
        .union([whole('A weight', 0, 65535), z.literal('none')], {
          error: 'expected a weight from 0 to 65535, or none',
        })
        .meta({ description: 'The weight of `real` on every director, or `none`: it is out of the table' })
        .optional(),
      real: nodeName('The real server that `weight` is about').optional(),
      service: serviceName('The service that `weight` is about (default: the first)').optional(),
      run: run.optional(),
      within: duration('Until when it must hold (default: as the lab’s own times allow)', ...WAIT).optional(),
      every: duration('Time between two looks (default 50ms)', '10ms', '60m').optional(),
      for: duration('How long it must then hold', ...WAIT).optional(),
    },
    mapping(`what must hold: one of ${EXPECTATIONS.join(', ')}, with within, every, for`),
  )
  .refine((e) => EXPECTATIONS.filter((k) => e[k] !== undefined).length === 1, {
    error: `expected exactly one of ${EXPECTATIONS.join(', ')}`,
  })
  .meta({ description: 'What must hold: one of `master`, `answers`, `silent`, `weight`, `run`, with its times' });

const faultText = text('a fault such as kill:lb1', 'What is done; `lab fault` lists them', (v) => v !== '');

const fault = z
  .union(
    [
      faultText,
      z.strictObject({
        inject: faultText,
        service: serviceName('The service that is probed (default: the first)').optional(),
        outage: z
          .union([z.literal('lasts'), duration('At most', ...WAIT)], { error: `expected ${within(...WAIT)}, or lasts` })
          .meta({
            description:
              'What clients may go without (default: what the configuration’s own times allow), or `lasts`: the service is gone until it is healed',
          })
          .optional(),
        clients: oneOrMore(
          nodeName('A client'),
          'a client',
          'The clients that probe it (default: the first)',
        ).optional(),
        flows: whole('Connections that each client holds open (default 1)', 1, MOST_FLOWS).optional(),
        flow: oneOf(
          'What becomes of connections that were open before: all survive, or not all',
          FLOW_FATES,
        ).optional(),
        sticks: yes('Clients are still sent to their real servers while it stands').optional(),
        during: z
          .array(expectation, mapping('a list of what must hold'))
          .meta({ description: 'What must hold while it stands, in this order' })
          .optional(),
        healed: z
          .array(expectation, mapping('a list of what must hold'))
          .meta({ description: 'What must hold once it is healed, in this order' })
          .optional(),
        repeat: whole('How many times (default 1)', 1, 1000).optional(),
      }),
    ],
    { error: 'expected a fault such as kill:lb1, or { inject: kill:lb1, during: [...], healed: [...] }' },
  )
  .meta({ description: 'Makes a fault, measures what clients notice, heals it: a fault, or `{ inject, ... }`' });

/** A step of a scenario: an object with one key. */
export const step = z
  .strictObject(
    {
      contract: serviceName(
        'Proves on the wire what the forwarding mode of the service, or the SNAT rule, promises',
      ).optional(),
      health: z
        .strictObject(
          {
            service: serviceName('The service'),
            stop: nodeName('The real server whose server program is stopped, and started again'),
          },
          mapping('{ service: ..., stop: REALSERVER }'),
        )
        .meta({
          description:
            'Stops a real server’s program: the health check must remove it within its budget, and take it back',
        })
        .optional(),
      failover: z
        .strictObject(
          {
            service: serviceName('The service that is probed'),
            kill: nodeName('The director that is killed, and started again'),
            to: nodeName('The director that must take over'),
          },
          mapping('{ service: ..., kill: DIRECTOR, to: DIRECTOR }'),
        )
        .meta({
          description: 'Kills the master: measures the outage against the VRRP budget, then its return and preemption',
        })
        .optional(),
      fault: fault.optional(),
      check: expectation.optional(),
      persistence: serviceName(
        'Shows that a client stays with its real server for the service’s persistence, and moves after it',
      ).optional(),
      run: run.optional(),
      arp: z
        .strictObject(
          {
            of: address('The address that is asked for'),
            from: nodeName('The node that asks'),
            replies: whole('How many replies one request must get', 0, 64),
          },
          mapping('{ of: ADDRESS, from: NODE, replies: 1 }'),
        )
        .meta({ description: 'Asks by ARP for an address, once, and counts the replies on the wire' })
        .optional(),
      cut: z
        .strictObject(
          {
            service: serviceName('The service that is asked meanwhile'),
            node: nodeName('The node whose wires are cut'),
            links: z
              .array(nodeName('A segment'), mapping('a list of segments'))
              .min(1, { error: 'expected at least one segment' })
              .meta({ description: 'The wires, by their segments' }),
            expect: oneOf('What becomes of the service', ['answers', 'silent']),
          },
          mapping('{ service: ..., node: ..., links: [SEGMENT], expect: answers }'),
        )
        .meta({ description: 'Cuts wires of a node, sees what becomes of a service, and mends them' })
        .optional(),
    },
    mapping(`a step: one of ${STEPS.join(', ')}`),
  )
  .refine((s) => Object.keys(s).length === 1, { error: `expected exactly one of ${STEPS.join(', ')}` })
  .meta({ description: 'One step; steps run in order' });

function isRegExp(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}
