import { z } from 'zod';
import { APPS, DNS_TYPES, HEALTH_PROBES, MODES, PROTOCOLS, SCHEDULERS, SNAT_PROTOCOLS } from '../model/words.ts';
import {
  address,
  command,
  duration,
  mapping,
  network,
  nodeName,
  oneOf,
  port,
  text,
  whole,
  within,
  yes,
} from './schema-words.ts';

/** Times of connections (ip_vs: whole seconds, a month of them at most). */
const PERSISTS = ['1s', '44640m', '1s'] as const;

const URL_PATH = 'a path such as /health?deep=1, other characters than letters, digits and -._~%:@&=+,;*()?/ as %20';
/** A path of an URL (RFC 3986), less what starts a comment or a quote in keepalived.conf. */
const urlPath = (description: string) =>
  text(URL_PATH, description, () => true, /^\/[A-Za-z0-9\-._~%:@&=+,;*()?/]{0,1000}$/);

/** Whether a name can be asked for (RFC 1035, and underscores as in _sip._udp). */
function isDnsName(name: string): boolean {
  return name === '.' || (name.length <= 254 && /^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/.test(name));
}

const web = (what: string) =>
  z
    .union(
      [
        urlPath('Its path; 200 is what it must answer'),
        z.strictObject({
          path: urlPath('Path that is asked for'),
          status: whole('Status that must come (default 200, unless a digest is given)', 100, 599).optional(),
          digest: text('an MD5 of 32 hexadecimal digits', 'MD5 of the answer', () => true, /^[0-9a-f]{32}$/).optional(),
        }),
      ],
      { error: `expected ${URL_PATH}, or { path: /, status: 200, digest: ... }` },
    )
    .meta({ description: `${what}: a path that answers 200, or \`{ path, status, digest }\`` })
    .optional();

const health = z
  .strictObject(
    {
      tcp: duration('TCP_CHECK: a connection must open; in this time', '10ms', '60m').optional(),
      http: web('HTTP_GET'),
      ssl: web('SSL_GET'),
      misc: z
        .union(
          [
            command('Ends with 0 when the server is well'),
            z.strictObject({
              script: command('What is run'),
              dynamic: yes('The exit code sets the weight: 2 to 255 means 0 to 253 (misc_dynamic)'),
            }),
          ],
          { error: 'expected a command, or { script: COMMAND, dynamic: true }' },
        )
        .meta({
          description:
            'MISC_CHECK: a command on the director, or `{ script, dynamic }`; {address} and {port} in it are the real server’s',
        })
        .optional(),
      dns: z
        .strictObject(
          {
            name: text('a name such as www.example.com, or . alone', 'What is asked for', isDnsName),
            type: oneOf('Record type (default A)', DNS_TYPES).optional(),
          },
          mapping('a question: { name: NAME }'),
        )
        .meta({ description: 'DNS_CHECK: a name that the server must answer for' })
        .optional(),
      udp: duration('UDP_CHECK: no port unreachable comes back; in this time', '10ms', '60m').optional(),
      timeout: duration(
        'How long one attempt may take, where the check does not say it (default 3s)',
        '10ms',
        '60m',
      ).optional(),
      every: duration('Time between two checks of one real server (delay_loop)', '10ms', '60m'),
      port: whole('Port to check (default: the real server’s)', 1, 65535).optional(),
      retry: whole('Attempts more before the server counts as down (default 1)', 0, 100).optional(),
      pause: duration('Pause before an attempt is repeated (delay_before_retry, default 1s)', '0s', '60m').optional(),
      inhibit: yes('A server that is down stays in the table with weight 0 (inhibit_on_failure)').optional(),
    },
    mapping('a health check: { tcp: 3s, every: 3s }'),
  )
  .refine((h) => HEALTH_PROBES.filter((k) => h[k] !== undefined).length === 1, {
    error: `expected exactly one of ${HEALTH_PROBES.join(', ')}`,
  })
  .meta({ description: 'Health check that keepalived runs against each real server' });

const quorum = z
  .strictObject(
    {
      weight: whole('Weight of live real servers that is enough', 1, 65535),
      up: command('Run on the director as it is reached (quorum_up)').optional(),
      down: command('Run on the director as it is lost (quorum_down)').optional(),
    },
    mapping('a quorum: { weight: 2, up: COMMAND, down: COMMAND }'),
  )
  .meta({ description: 'How much of the service must live, and what is run when it does and does not' });

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
      duration('How long', ...PERSISTS),
      z.strictObject({
        time: duration('How long a client stays with its real server', ...PERSISTS),
        mask: whole('Clients that share this many leading bits count as one', 1, 128),
      }),
    ],
    { error: `expected ${within(...PERSISTS)}, or { time: 50s, mask: 24 }` },
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
      hash: oneOf('For sh and mh: what counts beside the client’s address (sh-port, mh-port)', ['port']).optional(),
      reals: z
        .record(nodeName('A real server'), real, mapping('real servers with their weights: { rs1: 100 }'))
        .meta({ description: 'The real servers, each with its weight' }),
      persistence: persistence.optional(),
      health: health.optional(),
      quorum: quorum.optional(),
      sorry: nodeName('The node that answers when no real server lives (sorry_server); it serves the port').optional(),
      app: oneOf('What answers (default http)', APPS).optional(),
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
        .array(oneOf('A protocol', SNAT_PROTOCOLS), mapping(`a list of ${SNAT_PROTOCOLS.join(', ')}`))
        .min(1, { error: `expected at least one of ${SNAT_PROTOCOLS.join(', ')}` })
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
      tcp: duration('Of an established connection', ...PERSISTS),
      fin: duration('After its FIN', ...PERSISTS),
      udp: duration('Of a UDP flow', ...PERSISTS),
    },
    mapping('times: { tcp: 900s, fin: 120s, udp: 300s }'),
  )
  .meta({ description: 'How long directors keep connections (ipvsadm --set)' });
