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

/** Range of a step's wait: from nothing to a day. */
const WAIT = ['0s', '1440m'] as const;

const serviceName = (description: string) => text('a service’s name', description, () => true);

const run = z
  .strictObject(
    {
      on: nodeName('The node'),
      do: command('The command, run in the node’s own kernel'),
      title: text('a sentence', 'What the command shows (default: the command itself)', (v) => v !== '').optional(),
      exits: whole('Expected exit code (default 0)', 0, 255).optional(),
      prints: text('a regular expression', 'Expected output', isRegExp).optional(),
      within: duration('Time limit; the command is repeated until it is as expected', ...WAIT).optional(),
    },
    mapping('{ on: NODE, do: COMMAND }'),
  )
  .meta({ description: 'Runs a command in a node, and checks its exit code and output' });

/** An expectation: it must hold at once, within a time, or for a time. */
const expectation = z
  .strictObject(
    {
      master: oneOrMore(nodeName('A director'), 'a director', 'The only director that sends adverts').optional(),
      of: freeName('The VRRP instance (default: all)').optional(),
      answers: serviceName('The service must answer every connection').optional(),
      by: oneOrMore(nodeName('A real server'), 'a real server', 'The only real servers that answer').optional(),
      silent: serviceName('The service must answer no connection').optional(),
      weight: z
        .union([whole('A weight', 0, 65535), z.literal('none')], {
          error: 'expected a weight from 0 to 65535, or none',
        })
        .meta({ description: 'Expected weight of `real` on every director, or `none`: it is not in the table' })
        .optional(),
      real: nodeName('The real server that `weight` refers to').optional(),
      service: serviceName('The service that `weight` refers to (default: the first)').optional(),
      run: run.optional(),
      within: duration('Time limit (default: derived from the lab’s timers)', ...WAIT).optional(),
      every: duration('Polling interval (default 50ms)', '10ms', '60m').optional(),
      for: duration('How long it must hold from then on', ...WAIT).optional(),
    },
    mapping(`what must hold: one of ${EXPECTATIONS.join(', ')}, with within, every, for`),
  )
  .refine((e) => EXPECTATIONS.filter((k) => e[k] !== undefined).length === 1, {
    error: `expected exactly one of ${EXPECTATIONS.join(', ')}`,
  })
  .meta({ description: 'An expectation: one of `master`, `answers`, `silent`, `weight`, `run`, with its times' });

const faultText = text('a fault such as kill:lb1', 'The fault; `lab fault` lists every kind', (v) => v !== '');

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
          .array(expectation, mapping('a list of what must hold'))
          .meta({ description: 'Expectations while the fault is active, in this order' })
          .optional(),
        healed: z
          .array(expectation, mapping('a list of what must hold'))
          .meta({ description: 'Expectations after it is healed, in this order' })
          .optional(),
        repeat: whole('Number of repetitions (default 1)', 1, 1000).optional(),
      }),
    ],
    { error: 'expected a fault such as kill:lb1, or { inject: kill:lb1, during: [...], healed: [...] }' },
  )
  .meta({ description: 'Injects a fault, measures its impact on clients, heals it: a fault, or `{ inject, ... }`' });

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
            stop: nodeName('The real server whose program is stopped and started again'),
          },
          mapping('{ service: ..., stop: REALSERVER }'),
        )
        .meta({
          description:
            'Stops a real server’s program: the health check must remove the server within its budget, and add it again',
        })
        .optional(),
      failover: z
        .strictObject(
          {
            service: serviceName('The service that is probed'),
            kill: nodeName('The director that is killed and started again'),
            to: nodeName('The director that must take over'),
          },
          mapping('{ service: ..., kill: DIRECTOR, to: DIRECTOR }'),
        )
        .meta({
          description:
            'Kills the master, checks the outage against the VRRP budget, then checks its return and preemption',
        })
        .optional(),
      fault: fault.optional(),
      check: expectation.optional(),
      persistence: serviceName(
        'Checks that a client stays with its real server for the persistence time, and moves afterwards',
      ).optional(),
      run: run.optional(),
      arp: z
        .strictObject(
          {
            of: address('The address to ask for'),
            from: nodeName('The node that sends the request'),
            replies: whole('Expected number of replies to one request', 0, 64),
          },
          mapping('{ of: ADDRESS, from: NODE, replies: 1 }'),
        )
        .meta({ description: 'Sends one ARP request for an address, and counts the replies on the wire' })
        .optional(),
      cut: z
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
        .meta({ description: 'Cuts wires of a node, checks the service, and restores the wires' })
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
