import { z } from 'zod';
import { address, duration, mapping, nodeName, oneOf, text, whole } from './schema-words.ts';

const STEPS = 'contract, health, failover, persistence, run, arp, cut';

const serviceName = (description: string) => text('a service’s name', description, () => true);

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
      persistence: serviceName(
        'Shows that a client stays with its real server for the service’s persistence, and moves after it',
      ).optional(),
      run: z
        .strictObject(
          {
            on: nodeName('The node'),
            do: text('a shell command', 'What is run in the node’s own kernel', (v) => v !== ''),
            title: text('a sentence', 'What it shows (default: the command)', (v) => v !== '').optional(),
            exits: whole('The exit code it must have (default 0)', 0, 255).optional(),
            prints: text('a regular expression', 'What its output must match', isRegExp).optional(),
            within: duration('How long it may take until it is so; it is run again until then').optional(),
          },
          mapping('{ on: NODE, do: COMMAND }'),
        )
        .meta({ description: 'Runs a command in a node, and holds its exit code and output against what is said here' })
        .optional(),
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
    mapping(`a step: one of ${STEPS}`),
  )
  .refine((s) => Object.keys(s).length === 1, { error: `expected exactly one of ${STEPS}` })
  .meta({ description: 'One step; steps run in order' });

function isRegExp(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}
