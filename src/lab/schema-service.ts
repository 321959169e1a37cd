import { z } from 'zod';
import { address, duration, mapping, network, nodeName, oneOf, port, text, whole, yes } from './schema-words.ts';

/** Forwarding modes that a service can ask for. */
export const MODES = ['nat', 'fnat', 'dr', 'tun'] as const;
/** Transports that a service can have. */
export const PROTOCOLS = ['tcp', 'udp'] as const;
/** What SNAT can translate. */
export const SNAT_PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;
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

const real = z
  .union(
    [
      whole('Its weight', 0, 65535),
      z.strictObject({
        weight: whole('Its weight', 0, 65535),
        port: port('Its port, where it differs from the service’s (nat and fnat)').optional(),
        address: address('Its address, where it has several').optional(),
      }),
    ],
    { error: 'expected a weight from 0 to 65535, or { weight: ..., port: ..., address: ... }' },
  )
  .meta({ description: 'Its weight, or `{ weight, port, address }`' });

const persistence = z
  .union(
    [
      duration('How long'),
      z.strictObject({
        time: duration('How long a client stays with its real server'),
        mask: whole('Clients that share this many leading bits count as one', 1, 128),
      }),
    ],
    { error: 'expected a time such as 50s, or { time: 50s, mask: 24 }' },
  )
  .meta({ description: 'A client stays with its real server for this long: a time, or `{ time, mask }`' });

/** A balanced service of a lab file. */
export const service = z
  .strictObject(
    {
      vip: address('The virtual address that clients speak to'),
      port: port('Port, the same on VIP and real server unless the real server says otherwise'),
      protocol: oneOf('Transport (default tcp)', PROTOCOLS).optional(),
      mode: oneOf('Forwarding mode', MODES),
      scheduler: oneOf('Scheduler of the service (default rr)', SCHEDULERS).optional(),
      reals: z
        .record(nodeName('A real server'), real, mapping('real servers with their weights: { rs1: 100 }'))
        .meta({ description: 'The real servers, each with its weight' }),
      persistence: persistence.optional(),
      health: health.optional(),
      app: oneOf('What answers (default http)', ['http', 'banner']).optional(),
    },
    mapping('a service: { vip: ..., port: ..., mode: ..., reals: ... }'),
  )
  .meta({ description: 'A service: what is balanced, how, and over which real servers' });

/** An SNAT rule of a lab file. */
export const snat = z
  .strictObject(
    {
      from: network('The hosts that are let out'),
      to: address('The director’s address that the outside sees'),
      out: text('a segment or a device of the director', 'The director’s way to the outside', (v) => v !== ''),
      protocols: z
        .array(oneOf('A protocol', SNAT_PROTOCOLS), mapping('a list of tcp, udp, icmp'))
        .min(1, { error: 'expected at least one of tcp, udp, icmp' })
        .meta({ description: 'What is translated (default: tcp, udp and icmp)' })
        .optional(),
      inside: nodeName('The node whose connections show it').optional(),
      outside: nodeName('The node that they go to; it serves a port').optional(),
    },
    mapping('an SNAT rule: { from: SUBNET, to: ADDRESS, out: SEGMENT }'),
  )
  .meta({ description: 'SNAT: hosts of a network reach the outside under an address of the director' });

/** Connection times of a lab file. */
export const timeouts = z
  .strictObject(
    {
      tcp: duration('Of an established connection'),
      fin: duration('After its FIN'),
      udp: duration('Of a UDP flow'),
    },
    mapping('times: { tcp: 900s, fin: 120s, udp: 300s }'),
  )
  .meta({ description: 'How long directors keep connections (ipvsadm --set)' });

/** A VRRP instance of a lab file. */
export const vrrp = z
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
