import { z } from 'zod';
import { parseAddress, parseSubnet } from '../net/cidr.ts';
import { parseDuration } from '../net/duration.ts';

/**
 * The one source of the lab file: types, parser, JSON Schema and reference are all taken from here.
 * Each leaf carries `expects`, the words in which a mistake is told.
 */
function text(expects: string, description: string, test: (value: string) => boolean, pattern?: RegExp) {
  const base = pattern
    ? z.string({ error: `expected ${expects}` }).regex(pattern, { error: `expected ${expects}` })
    : z.string({ error: `expected ${expects}` });
  return base.refine(test, { error: `expected ${expects}` }).meta({ description: `${description}: ${expects}` });
}

function whole(description: string, min: number, max: number) {
  const expects = `a whole number from ${min} to ${max}`;
  const error = `expected ${expects}`;
  return z
    .int({ error })
    .min(min, { error })
    .max(max, { error })
    .meta({ description: `${description}: ${expects}` });
}

function oneOf<const T extends readonly [string, ...string[]]>(description: string, values: T) {
  return z.enum(values, { error: `expected one of ${values.join(', ')}` }).meta({ description });
}

function yes(description: string) {
  return z.boolean({ error: 'expected true or false' }).meta({ description });
}

function mapping(what: string) {
  return { error: `expected ${what}` };
}

const address = (description: string) =>
  text('an address such as 192.168.100.11', description, (v) => parseAddress(v) !== undefined);
const duration = (description: string) =>
  text('a time such as 500ms, 3s or 1.5s', description, (v) => parseDuration(v) !== undefined);
const path = (description: string) => text('a path relative to the lab file', description, (v) => v !== '');

/** Names of nodes and segments become interface names, which Linux limits to 15 characters. */
const NODE_NAME = /^[a-z][a-z0-9-]{0,11}$/;
const nodeName = (description: string) =>
  text('a name of at most 12 small letters, digits and hyphens', description, () => true, NODE_NAME);
const freeName = (description: string) =>
  text('a name of letters, digits, hyphens and underscores', description, () => true, /^[A-Za-z][A-Za-z0-9_-]{0,30}$/);

/** What a node can be. */
export const NODE_KINDS = ['client', 'director', 'realserver'] as const;
/** Whose network stack a node can use; `auto` takes the best that works here. */
export const KERNEL_CHOICES = ['auto', 'host', 'uml'] as const;
/** Forwarding modes that a service can ask for. */
export const MODES = ['fnat'] as const;
/** Schedulers of kernel IPVS (ipvsadm(8), option -s). */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
] as const;

const node = z
  .object(
    {
      kind: oneOf('What the node is', NODE_KINDS),
      kernel: oneOf('Whose network stack it uses (default: the lab’s choice)', KERNEL_CHOICES).optional(),
      lips: z
        .array(address('A local address (LIP) of Full-NAT, on the director’s segment'), mapping('a list of addresses'))
        .min(1, { error: 'expected at least one address' })
        .meta({ description: 'Local addresses (LIPs) under which this director speaks to real servers in Full-NAT' })
        .optional(),
      sysctls: z
        .record(
          text('a name under net. such as net.ipv4.ip_forward', 'A sysctl of the node', (v) =>
            /^net\.[\w./-]+$/.test(v),
          ),
          z.union([z.string(), z.int()], mapping('a number or a text')),
          mapping('sysctl names, each with its value'),
        )
        .meta({ description: 'Sysctls of the node’s own network stack, set before its services start' })
        .optional(),
      setup: path(
        'A shell script of yours, run in the node’s own kernel after its addresses and before its services',
      ).optional(),
      keepalived: path('A keepalived.conf of yours, used as it is instead of the generated one').optional(),
    },
    mapping('a node: { kind: ..., SEGMENT: ADDRESS }'),
  )
  .catchall(address('The node’s address on the segment of that name'))
  .meta({ description: 'A node. Beside the keys below, every segment it is on: `SEGMENT: ADDRESS`' });

const health = z
  .strictObject(
    {
      tcp: duration('Connect timeout of a TCP_CHECK'),
      every: duration('Time between two checks of one real server (delay_loop)'),
      port: whole('Port to check (default: the service’s)', 1, 65535).optional(),
      retry: whole('Attempts more before the server counts as down', 0, 100).optional(),
      inhibit: yes('A server that is down stays in the table with weight 0 (inhibit_on_failure)').optional(),
    },
    mapping('a health check: { tcp: 3s, every: 3s }'),
  )
  .meta({ description: 'Health check that keepalived runs against each real server' });

const service = z
  .strictObject(
    {
      vip: address('The virtual address that clients speak to'),
      port: whole('Port, the same on VIP and real server', 1, 65535),
      protocol: oneOf('Transport (default tcp)', ['tcp']).optional(),
      mode: oneOf('Forwarding mode', MODES),
      scheduler: oneOf('Scheduler of the service (default rr)', SCHEDULERS).optional(),
      reals: z
        .record(
          nodeName('A real server'),
          whole('Its weight', 0, 65535),
          mapping('real servers with their weights: { rs1: 100 }'),
        )
        .meta({ description: 'The real servers, each with its weight' }),
      health: health.optional(),
    },
    mapping('a service: { vip: ..., port: ..., mode: ..., reals: ... }'),
  )
  .meta({ description: 'A service: what is balanced, how, and over which real servers' });

const vrrp = z
  .strictObject(
    {
      on: nodeName('The segment on which the directors send adverts'),
      id: whole('virtual_router_id, the same on all directors', 1, 255),
      advert: duration('Time between two adverts (default 1s)').optional(),
      password: text('1 to 8 letters and digits', 'auth_pass of VRRPv2', () => true, /^[A-Za-z0-9]{1,8}$/).optional(),
      priorities: z
        .record(
          nodeName('A director'),
          whole('Its priority; the highest is master', 1, 254),
          mapping('directors with their priorities: { lb1: 100, lb2: 80 }'),
        )
        .meta({ description: 'The directors that share the addresses, each with its priority' }),
      addresses: z
        .array(
          text('a service’s name', 'A service', () => true),
          mapping('a list of services'),
        )
        .min(1, { error: 'expected at least one service' })
        .meta({ description: 'The services whose VIPs this instance moves' }),
    },
    mapping('a VRRP instance: { on: ..., id: ..., priorities: ..., addresses: ... }'),
  )
  .meta({ description: 'A VRRP instance: directors that share VIPs, one of them master' });

const serviceName = (description: string) => text('a service’s name', description, () => true);

/** A step of a scenario: an object with one key. */
const step = z
  .strictObject(
    {
      contract: serviceName('Proves on the wire what the service’s forwarding mode promises').optional(),
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
    },
    mapping('a step: contract, health or failover'),
  )
  .refine((s) => Object.keys(s).length === 1, { error: 'expected exactly one of contract, health, failover' })
  .meta({ description: 'One step; steps run in order' });

/** The lab file. */
export const labFile = z
  .strictObject(
    {
      lab: text('a name of small letters, digits and hyphens', 'The lab’s name', () => true, /^[a-z][a-z0-9-]{0,40}$/),
      source: z.string(mapping('a text')).meta({ description: 'Where the topology comes from' }).optional(),
      kernel: oneOf('Kernel of the nodes that need one of their own (default auto)', KERNEL_CHOICES).optional(),
      segments: z
        .record(
          nodeName('A segment'),
          text('a subnet such as 192.168.100.0/24', 'Its subnet', (v) => parseSubnet(v) !== undefined),
          mapping('segments with their subnets: { lan: 192.168.100.0/24 }'),
        )
        .meta({ description: 'Layer-2 networks of the lab, each with its subnet' }),
      nodes: z
        .record(nodeName('A node'), node, mapping('nodes, each with its kind and addresses'))
        .meta({ description: 'The lab’s nodes' }),
      services: z
        .record(freeName('A service'), service, mapping('services by name'))
        .meta({ description: 'What the directors balance' }),
      vrrp: z
        .record(freeName('An instance'), vrrp, mapping('VRRP instances by name'))
        .meta({ description: 'How directors share VIPs' })
        .optional(),
      scenario: z
        .array(step, mapping('a list of steps'))
        .meta({ description: 'What `lab test` does (default: the contract of every service)' })
        .optional(),
    },
    mapping('a lab: lab, segments, nodes, services'),
  )
  .meta({
    title: 'lvslab lab file',
    description: 'A load-balancer testbed: segments, nodes, services, VRRP and what is to be shown.',
  });

/** A lab file that has the right shape; its names and addresses are not yet checked against each other. */
export type RawLab = z.infer<typeof labFile>;

/** The lab file's JSON Schema (draft 2020-12), for editors. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(labFile, { io: 'input' }) as Record<string, unknown>;
}

/** Keys a node can have beside the segments it is on. */
export const NODE_KEYS: readonly string[] = Object.keys(node.shape);
