import { CannotObserve } from '../../cannot-observe.ts';
import { NODE } from '../../engine/images.ts';
import type { Lab } from '../../model/lab.ts';
import { instancesOf, linkTo, vrrpOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { Real, Service } from '../../model/service.ts';
import { modes, modesThat } from '../../modes/index.ts';
import { endpoint } from '../../net/cidr.ts';
import { readAddresses, TELL_ADDRESSES } from '../../nodes/addresses.ts';
import { addHostAddress, FORWARDING, join, type NodePart, nothing, ONE_WAY } from '../../nodes/part.ts';
import { script, shell } from '../../shell.ts';
import type { Control, Driver, Refused, RunInNode } from '../driver.ts';
import {
  joinTable,
  parseConnections,
  parseReals,
  parseTable,
  parseTimeouts,
  readCounters,
  readLimits,
  readTunnel,
} from '../ipvsadm.ts';
import { KEEPALIVED, KEEPALIVED_CONF, keepalivedFiles, keepalivedPids } from '../keepalived-conf.ts';
import type { ServiceTable, TableReal } from '../service-table.ts';
import { DIALECT } from './dialect.ts';
import { clashes, fullNat } from './full-nat.ts';
import { methodOf } from './method.ts';
import { IP_VS } from './module.ts';
import { snatOf } from './snat.ts';

/** Separates the lists that one command prints. */
const MARKER = '--lvslab--';
/** Returns the ipvsadm command for a real server: add or change it, with a weight, or remove it. */
function serverCommand(verb: string, service: Service, real: Real, weight?: number): string[] {
  const { vip, port, protocol } = service;
  return [
    ...[
      'ipvsadm',
      verb,
      protocol === 'tcp' ? '-t' : '-u',
      endpoint(vip, port),
      '-r',
      endpoint(real.address, real.port),
    ],
    ...(weight === undefined ? [] : [methodOf(service).option, '-w', String(weight)]),
  ];
}

/** Returns what a director needs for a service in addition to its VIP and its table. */
function forwarding(service: Service, node: LabNode): NodePart {
  const { source, reply } = modes[service.mode].wire;
  if (source === 'lip') return fullNat(service, node);
  return { ...nothing, sysctls: reply === 'director' ? FORWARDING : ONE_WAY };
}

/** The port on which FTP transmits addresses. */
const FTP = 21;

/** Returns what FTP would require of IPVS and does not get here. */
function ftp({ mode, port, protocol, persistence }: Service): readonly Refused[] {
  if (port !== FTP || protocol !== 'tcp') return [];
  if (modes[mode].wire.target === 'real')
    return [
      {
        key: 'port',
        why: `FTP carries addresses inside its control connection, and ${mode} here does not rewrite them (ip_vs_ftp needs netfilter's NAT); use ${modesThat((m) => m.wire.target === 'vip', 'or')} with persistence`,
      },
    ];
  if (persistence !== undefined) return [];
  const why = 'FTP opens data connections to other ports: without persistence they go to another real server';
  return [{ key: 'port', why }];
}

/** Adds the kind of tunnel to the forwarding method, if it is not IP in IP. */
function withTunnel(real: TableReal): TableReal {
  const { tunnel, forward } = real;
  return tunnel === undefined || tunnel === 'n/a' || tunnel === 'ipip'
    ? real
    : { ...real, forward: `${forward} (${tunnel})` };
}

async function readTable(run: RunInNode): Promise<ServiceTable> {
  const output = await run(script('ipvs-table', MARKER));
  const [table = '', stats = '', rate = '', limits = '', tunnels = '', times = ''] = output.split(MARKER);
  const timeouts = parseTimeouts(times);
  const joined = joinTable({ ...parseTable(table), ...(timeouts ? { timeouts } : {}) }, [
    parseReals(stats, (words) => ({ stats: readCounters(words) })),
    parseReals(rate, (words) => ({ rate: readCounters(words) })),
    parseReals(limits, readLimits),
    parseReals(tunnels, readTunnel),
  ]);
  return { ...joined, services: joined.services.map((s) => ({ ...s, reals: s.reals.map(withTunnel) })) };
}

/**
 * Returns the number of connections that connection tracking could not enter or had to drop, from
 * /proc/net/stat/nf_conntrack: one line per processor, in hexadecimal.
 */
async function portsRefused(run: RunInNode): Promise<number> {
  const [head = '', ...lines] = (await run(['cat', '/proc/net/stat/nf_conntrack'])).trim().split('\n');
  const columns = head.trim().split(/\s+/);
  const at = ['insert_failed', 'drop'].map((name) => columns.indexOf(name));
  if (at.includes(-1)) throw new CannotObserve('the director does not count what connection tracking drops');
  return lines.reduce((sum, line) => {
    const values = line.trim().split(/\s+/);
    return sum + at.reduce((n, i) => n + Number.parseInt(values[i] ?? '0', 16), 0);
  }, 0);
}

function control(run: RunInNode): Control {
  const known = async () => parseConnections(await run(['ipvsadm', '-Lnc']));
  return {
    table: () => readTable(run),
    setWeight: (service, real, weight) => serverCommand('-e', service, real, weight),
    removeServer: (service, real) => serverCommand('-d', service, real),
    restoreServer: (service, real, weight) =>
      shell(
        'program=$1; shift 2; "$program" -a "$@" 2> /dev/null || exec "$program" -e "$@"',
        ...serverCommand('-a', service, real, weight),
      ),
    restoreWeight: (service, real, weight) =>
      shell(
        'why=$("$@" 2>&1) || case $why in *"No such destination"*) ;; *) echo "$why" >&2; exit 1 ;; esac',
        ...serverCommand('-e', service, real, weight),
      ),
    connections: known,
    templates: async () => (await known()).filter((c) => c.clientPort === 0),
    addressesHeld: async () => readAddresses(await run(TELL_ADDRESSES)),
    differences: async () => [],
    about: async () => 'kernel LVS',
    portsRefused: () => portsRefused(run),
  };
}

/** Seconds that a closed TCP connection stays in the table (IP_VS_TCP_S_TIME_WAIT). */
const TIME_WAIT = 120;

/** Kernel LVS, controlled by the real keepalived. */
export const ipvs: Driver = {
  name: 'ipvs',
  modes: ['nat', 'fnat', 'dr', 'tun'],
  families: [4, 6],
  schedulers: ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh'],
  protocols: ['tcp', 'udp'],
  oneFamily: 'kernel LVS does not translate between families (that is nat64, which DPVS can)',
  refuses: (service, services) => [
    ...ftp(service),
    ...(modes[service.mode].wire.source === 'lip' ? clashes(service, services) : []).map((why) => ({
      key: 'mode' as const,
      why,
    })),
  ],

  refusesOf: () => [],
  missing: () => undefined,
  image: () => NODE,
  ownKernels: true,
  announces: 'addresses',
  stack: () => ({ addresses: true, devices: true }),
  needs: { capabilities: [], devices: [], tmpfs: {}, memoryMb: 0 },

  director(lab: Lab, node: LabNode): NodePart {
    if (node.manual) return { ...nothing, modules: [IP_VS] };
    const fixed = lab.services
      .filter((s) => !vrrpOf(lab, s.name))
      .map((s) => addHostAddress(s.vip, linkTo(node, s.vip)?.name ?? 'lo'));
    const table: NodePart = {
      ...nothing,
      modules: [IP_VS],
      ip: fixed,
      // A configuration supplied by the user may also run the lab's commands.
      files: {
        ...keepalivedFiles(lab, node, DIALECT),
        ...(node.keepalived ? { [KEEPALIVED_CONF]: node.keepalived } : {}),
      },
      checks: [{ program: KEEPALIVED, file: KEEPALIVED_CONF, command: script('check-keepalived') }],
      programs: {
        [KEEPALIVED]: {
          command: [KEEPALIVED, '--dont-fork', '--log-console', '--log-detail', '--no-syslog'],
          ready: keepalivedPids(lab, node),
          after: [],
        },
      },
    };
    return join([
      ...(lab.services.length > 0 || node.keepalived || instancesOf(lab, node).length > 0 ? [table] : []),
      ...lab.services.map((s) => forwarding(s, node)),
      ...lab.snat.filter((rule) => rule.director === node.name).map(snatOf),
    ]);
  },

  explains: () => undefined,

  trial: {
    modules: [IP_VS],
    script: script('try-ipvs')[0],
    works: 'IPVS and Full-NAT were probed on it, and work',
    wanted: 'an x86-64 engine, or one whose kernel has ip_vs, is needed',
  },

  // net/netfilter/ipvs/ip_vs_proto_tcp.c and ip_vs_proto_udp.c
  timeouts: { tcp: 900, fin: 120, udp: 300 },
  tellsTimeouts: true,
  // net/netfilter/ipvs/ip_vs_proto_tcp.c: a director that also sees the replies keeps a connection in TIME_WAIT, whose
  // timeout `ipvsadm --set` does not change; one that does not see them keeps it in FIN_WAIT
  lingers: ({ protocol, mode }, { fin, udp }) =>
    1000 * (protocol === 'udp' ? udp : modes[mode].wire.reply === 'director' ? Math.max(fin, TIME_WAIT) : fin),
  // net/netfilter/ipvs/ip_vs_conn.c, ip_vs_conn_expire: 60 s, then again
  keepsHeldTemplates: 60_000,
  tunnelIsHop: true,
  // the kernel runs these timers in steps
  forgetsLate: 2500,
  // the kernel has neither TOA nor UOA
  clientOption: () => undefined,
  shows: (service) => ({
    forward: methodOf(service).column,
    flags: service.hashesPort ? [`(${service.scheduler}-port)`] : [],
  }),
  control,
};
