import { z } from 'zod';
import { APPS, DNS_TYPES, HEALTH_PROBES, MODES, PROTOCOLS, SCHEDULERS, SNAT_PROTOCOLS } from '../model/words.ts';
import {
  address,
  command,
  duration,
  isCommand,
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

/** Range and unit of connection times (ip_vs: whole seconds, at most a month). */
const PERSISTS = ['1s', '44640m', '1s'] as const;

const URL_PATH = 'a path such as /health?deep=1, other characters than letters, digits and -._~%:@&=+,;*()?/ as %20';
/** A path of a URL (RFC 3986), without characters that start a comment or a quote in keepalived.conf. */
const urlPath = (description: string) =>
  text(URL_PATH, description, () => true, /^\/[A-Za-z0-9\-._~%:@&=+,;*()?/]{0,1000}$/);

/** Returns whether a name is valid in a DNS query (RFC 1035, and underscores as in _sip._udp). */
function isDnsName(name: string): boolean {
  return name === '.' || (name.length <= 254 && /^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/.test(name));
}

const web = (what: string) =>
  z
    .union(
      [
        urlPath('Path to request; the answer must have status 200'),
        z.strictObject({
          path: urlPath('Path to request'),
          host: text(
            'a host’s name such as shop.example.com',
            'The virtual host to ask for (default: the real server’s address); with ssl, its name in the handshake, too',
            (v) => v.length <= 253,
            /^[A-Za-z0-9][A-Za-z0-9._-]*(:[1-9]\d{0,4})?$/,
          ).optional(),
          status: whole('Expected status (default 200, unless a digest is given)', 100, 599).optional(),
          digest: text(
            'an MD5 of 32 hexadecimal digits',
            'Expected MD5 of the answer',
            () => true,
            /^[0-9a-f]{32}$/,
          ).optional(),
        }),
      ],
      { error: `expected ${URL_PATH}, or { path: /, host: NAME, status: 200, digest: ... }` },
    )
    .meta({ description: `${what}: a path to request, or \`{ path, host, status, digest }\`` })
    .optional();

const health = z
  .strictObject(
    {
      tcp: duration('TCP_CHECK: a connection must open within this time', '10ms', '60m').optional(),
      http: web('HTTP_GET'),
      ssl: web('SSL_GET'),
      misc: z
        .union(
          [
            command('Exits with 0 if the server is healthy'),
            z.strictObject({
              script: command('The command'),
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
            name: text('a name such as www.example.com, or . alone', 'Name to query', isDnsName),
            type: oneOf('Record type (default A)', DNS_TYPES).optional(),
          },
          mapping('a question: { name: NAME }'),
        )
        .meta({ description: 'DNS_CHECK: a query that the server must answer' })
        .optional(),
      udp: duration('UDP_CHECK: no ICMP port unreachable comes back within this time', '10ms', '60m').optional(),
      ping: duration('PING_CHECK: an echo reply must come back within this time', '10ms', '60m').optional(),
      timeout: duration(
        'Timeout of one attempt, where the check does not set it (default 3s)',
        '10ms',
        '60m',
      ).optional(),
      every: duration('Interval between checks of a real server (delay_loop)', '10ms', '60m'),
      port: whole('Port to check (default: the real server’s)', 1, 65535).optional(),
      retry: whole('Retries before the server counts as down (default 1)', 0, 100).optional(),
      pause: duration('Delay before a retry (delay_before_retry, default 1s)', '0s', '60m').optional(),
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
      weight: whole('Total weight of live real servers that is needed', 1, 65535),
      up: command('Command run on the director when the quorum is reached (quorum_up)').optional(),
      down: command('Command run on the director when the quorum is lost (quorum_down)').optional(),
    },
    mapping('a quorum: { weight: 2, up: COMMAND, down: COMMAND }'),
  )
  .meta({ description: 'Quorum of live real servers, and commands to run when it is reached and lost' });

/** The keys of a service and of an SNAT rule by which keepalived starts and stops them. */
const ends = {
  alpha: yes('A server counts as down until its first good check (alpha)').optional(),
  omega: yes('The command `down` of the quorum also runs when keepalived stops (omega)').optional(),
};

const real = z
  .union(
    [
      whole('Its weight', 0, 65535),
      z.strictObject({
        weight: whole('Its weight', 0, 65535),
        port: port('Its port, if it differs from the service’s (nat and fnat)').optional(),
        address: address('Its address, if it has several').optional(),
        mode: oneOf('Its forwarding mode, if it differs from the service’s (nat, dr and tun mix)', MODES).optional(),
      }),
    ],
    { error: 'expected a weight from 0 to 65535, or { weight: ..., port: ..., address: ..., mode: ... }' },
  )
  .meta({ description: 'Its weight, or `{ weight, port, address, mode }`' });

const persistence = z
  .union(
    [
      duration('The time', ...PERSISTS),
      z.strictObject({
        time: duration('How long a client stays with its real server', ...PERSISTS),
        mask: whole('Clients that share this many leading bits are treated as one', 1, 128),
      }),
    ],
    { error: `expected ${within(...PERSISTS)}, or { time: 50s, mask: 24 }` },
  )
  .meta({ description: 'A client stays with its real server for this long: a time, or `{ time, mask }`' });

/** A balanced service of a lab file. */
export const service = z
  .strictObject(
    {
      vip: address('The virtual IP address (VIP) that clients connect to'),
      port: whole(
        'Port of the VIP, and of the real servers unless they set their own; 0 is every port of the VIP that no other service has, and needs persistence',
        0,
        65535,
      ),
      mark: whole(
        'Firewall mark under which directors have the service, in place of VIP and port; services with the same mark are held together. Directors without a setup script mark its packets themselves',
        1,
        4294967295,
      ).optional(),
      protocol: oneOf('Transport (default tcp)', PROTOCOLS).optional(),
      mode: oneOf('Forwarding mode', MODES),
      scheduler: oneOf('Scheduler of the service (default rr)', SCHEDULERS).optional(),
      hash: oneOf('For sh and mh: what is hashed in addition to the client’s address (sh-port, mh-port)', [
        'port',
      ]).optional(),
      ops: yes(
        'One-packet scheduling (ops): each datagram is scheduled by itself, also those of one client port',
      ).optional(),
      reals: z
        .record(nodeName('A real server'), real, mapping('real servers with their weights: { rs1: 100 }'))
        .meta({ description: 'The real servers, each with its weight' }),
      lips: z
        .array(address('A LIP of a director'), mapping('a list of LIPs'))
        .min(1, { error: 'expected at least one LIP' })
        .meta({
          description:
            'The LIPs that the service uses, of those of its directors (fnat; default: those on links towards its real servers)',
        })
        .optional(),
      masquerade: z
        .boolean({ error: 'expected true or false' })
        .meta({
          description:
            'For nat: your own rules make the directors replace the client’s address by theirs, so that real servers need no route to it (default: whether a director’s setup script calls iptables with MASQUERADE or SNAT for the VIP)',
        })
        .optional(),
      persistence: persistence.optional(),
      health: health.optional(),
      quorum: quorum.optional(),
      ...ends,
      sorry: nodeName('The node that answers when the quorum is lost (sorry_server)').optional(),
      app: oneOf(
        'Application on the real servers: http (default), https or dns (default where the real servers serve that port as tls or dns, or the health check speaks it), toa (http that reads the client from TOA, or UOA)...',
        APPS,
      ).optional(),
    },
    mapping('a service: { vip: ..., port: ..., mode: ..., reals: ... }'),
  )
  .meta({ description: 'A virtual service: its VIP, mode, scheduler and real servers' });

const snatHealth = z
  .strictObject(
    {
      misc: text(
        'a command (SNAT has no port to connect to, so a command is its only check)',
        'MISC_CHECK: exits with 0 on the director if the address can be used; {address} and {protocol} in it are the rule’s',
        isCommand,
      ),
      timeout: duration('Timeout of one attempt (default 3s)', '10ms', '60m').optional(),
      every: duration('Interval between checks (delay_loop)', '10ms', '60m'),
      retry: whole('Retries before the address counts as down (default 1)', 0, 100).optional(),
      pause: duration('Delay before a retry (delay_before_retry, default 1s)', '0s', '60m').optional(),
      inhibit: yes('An address that is down stays in the table with weight 0 (inhibit_on_failure)').optional(),
    },
    mapping('a health check: { misc: COMMAND, every: 3s }'),
  )
  .meta({ description: 'Health check that keepalived runs for each protocol of the rule: a command (dpvs)' });

/** An SNAT rule of a lab file. */
export const snat = z
  .strictObject(
    {
      from: network('The subnet of the inside hosts'),
      to: address('The director’s address that replaces the source address'),
      out: text(
        'a segment or a device of the director',
        'The director’s segment or device towards the outside',
        (v) => v !== '',
      ),
      in: text(
        'a segment or a device of the director',
        'The director’s segment or device on which packets arrive (default: any)',
        (v) => v !== '',
      ).optional(),
      destination: network('Only packets to this subnet are translated (default: to anywhere)').optional(),
      protocols: z
        .array(oneOf('A protocol', SNAT_PROTOCOLS), mapping(`a list of ${SNAT_PROTOCOLS.join(', ')}`))
        .min(1, { error: `expected at least one of ${SNAT_PROTOCOLS.join(', ')}` })
        .meta({ description: 'Protocols to translate (default: tcp, udp and icmp)' })
        .optional(),
      health: snatHealth.optional(),
      quorum: quorum.optional(),
      ...ends,
      inside: nodeName('The inside node that the contract connects from').optional(),
      outside: nodeName('The outside node that the contract connects to; it serves a port').optional(),
    },
    mapping('an SNAT rule: { from: SUBNET, to: ADDRESS, out: SEGMENT }'),
  )
  .meta({ description: 'SNAT: hosts of a subnet reach the outside with an address of the director' });

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
  .meta({ description: 'Connection timeouts of the directors (ipvsadm --set)' });
