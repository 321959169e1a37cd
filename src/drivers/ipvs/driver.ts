import { CannotObserve } from '../../cannot-observe.ts';
import type { Lab } from '../../model/lab.ts';
import { byMode, instancesOf, linkTo, modeOf, ownServices, vrrpOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { Real, Service } from '../../model/service.ts';
import type { Protocol } from '../../model/words.ts';
import { modes, modesThat } from '../../modes/index.ts';
import { endpoint } from '../../net/cidr.ts';
import { readAddresses, TELL_ADDRESSES } from '../../nodes/addresses.ts';
import { addHostAddress, FORWARDING, join, type NodePart, nothing, ONE_WAY } from '../../nodes/part.ts';
import { script, shell } from '../../shell.ts';
import type { Control, Driver, Misplaced, Parts, Refused, RunInNode } from '../driver.ts';
import { entryName, listedPort, modesUsed } from '../entry.ts';
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
import { clashes, fullNat, lipClashes } from './full-nat.ts';
import { marking } from './marking.ts';
import { methodOf } from './method.ts';
import { IP_VS } from './module.ts';
import { ABOUT, directorImage, whyNoKeepalived } from './own-keepalived.ts';
import { snatOf } from './snat.ts';
import { vmacPart } from './vmac.ts';

/** Separates the lists that one command prints. */
const MARKER = '--lvslab--';
/** Returns the ipvsadm command for a real server: add or change it, with a weight, or remove it. */
function serverCommand(verb: string, service: Service, real: Real, weight?: number): string[] {
  const named = ['ipvsadm', verb, ...serviceOption(service), '-r', endpoint(real.address, listedPort(real))];
  if (weight === undefined) return named;
  return [...named, methodOf({ mode: modeOf(service, real) }).option, '-w', String(weight)];
}

/** The options of ipvsadm(8) that name a service by its protocol. */
const OPTIONS: Readonly<Record<Protocol, string>> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };

/** Seconds that a closed association of SCTP stays known (net/netfilter/ipvs/ip_vs_proto_sctp.c). */
const SCTP_CLOSED = 61;

/** Returns how ipvsadm names a service. */
function serviceOption(service: Service): readonly string[] {
  const { protocol, address, port, family } = entryName(service);
  if (protocol === 'fwm') return ['-f', address, ...(family === 6 ? ['-6'] : [])];
  return [OPTIONS[service.protocol], endpoint(address, port)];
}

/** Returns what a director needs for a service in addition to its VIP and its table, for each mode in it. */
function forwarding(service: Service, node: LabNode): NodePart {
  return join([
    ...byMode(service).map((part) => {
      const { source, reply } = modes[part.mode].wire;
      if (source === 'lip') return fullNat(part, node);
      return { ...nothing, sysctls: reply === 'director' ? FORWARDING : ONE_WAY };
    }),
    ...(service.entry?.kind === 'mark' ? [marking(service, service.entry.mark, node)] : []),
  ]);
}

/** The port on which FTP transmits addresses. */
const FTP = 21;

/** Returns what FTP would require of IPVS and does not get here. */
function ftp(service: Service): readonly Refused[] {
  const { port, protocol, persistence } = service;
  if (port !== FTP || protocol !== 'tcp') return [];
  const mode = modesUsed(service).find((m) => modes[m].wire.target === 'real');
  if (mode !== undefined)
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

/** Returns why Full-NAT cannot take every port of a VIP: its translation is selected by the real server's port. */
function everyPort({ mode, entry }: Service): readonly Refused[] {
  if (entry?.kind !== 'ports' || !modes[mode].needsLips) return [];
  const why = `${mode} translates port by port here, so it cannot take every port; name the port, or use ${modesThat((m) => !m.needsLips, 'or')}`;
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
    save: ['ipvsadm', '-Sn'],
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
    about: async () => ['kernel LVS', ...(await run(ABOUT)).split('\n').filter((line) => line !== '')].join(', '),
    portsRefused: () => portsRefused(run),
  };
}

/** Seconds that a closed TCP connection stays in the table (IP_VS_TCP_S_TIME_WAIT). */
const TIME_WAIT = 120;

/** Returns what kernel LVS does not support of the lab for one of its directors. */
function refusesOf(lab: Parts, node: LabNode): readonly Misplaced[] {
  return [
    ...(node.kni
      ? [
          {
            path: ['nodes', node.name, 'kni'],
            why: 'the cards of kernel LVS are the kernel’s own, and have no KNI device; give the card one more address',
          },
        ]
      : []),
    ...ownServices(lab, node)
      .filter((s) => s.reals.some((r) => r.node === node.name && modes[modeOf(s, r)].wire.source === 'lip'))
      .map((s) => ({
        path: ['services', s.name, 'reals', node.name],
        why: `a director gives itself packets without sending them, so it cannot translate their source to a LIP; use ${modesThat((m) => m.wire.source === 'client', 'or')}`,
      })),
    ...lab.snat
      .filter((rule) => rule.director === node.name && rule.health !== undefined)
      .map(({ name }) => ({
        path: ['snat', name, 'health'],
        why: 'kernel LVS has no SNAT, so keepalived has no service to check: traffic control translates; use driver: dpvs, or leave health out',
      })),
  ];
}

/** Kernel LVS, controlled by the real keepalived. */
export const ipvs: Driver = {
  name: 'ipvs',
  modes: ['nat', 'fnat', 'dr', 'tun'],
  families: [4, 6],
  schedulers: ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh'],
  protocols: ['tcp', 'udp', 'sctp'],
  wideEntries: true,
  oneFamily: 'kernel LVS does not translate between families (that is nat64, which DPVS can)',
  refuses: (service, services) => [
    ...ftp(service),
    ...everyPort(service),
    ...lipClashes(service, services).map((why) => ({ key: 'lips' as const, why })),
    ...(modes[service.mode].wire.source === 'lip' ? clashes(service, services) : []).map((why) => ({
      key: 'mode' as const,
      why,
    })),
  ],

  refusesOf,
  missing: whyNoKeepalived,
  image: directorImage,
  ownKernels: true,
  announces: 'addresses',
  stack: () => ({ addresses: true, devices: true }),
  needs: { capabilities: [], devices: [], tmpfs: {}, memoryMb: 0 },
  extra: () => undefined,

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
      vmacPart(lab, node),
      ...lab.snat.filter((rule) => rule.director === node.name).map(snatOf),
    ]);
  },

  explains: () => undefined,

  trial: {
    modules: [IP_VS],
    scripts: [script('try-ipvs')[0]],
    works: 'IPVS and Full-NAT were probed on it, and work',
    wanted: 'an x86-64 engine, or one whose kernel has ip_vs, is needed',
  },

  // net/netfilter/ipvs/ip_vs_proto_tcp.c and ip_vs_proto_udp.c
  timeouts: { tcp: 900, fin: 120, udp: 300 },
  tellsTimeouts: true,
  // net/netfilter/ipvs/ip_vs_proto_tcp.c: a director that also sees the replies keeps a connection in TIME_WAIT, whose
  // timeout `ipvsadm --set` does not change; one that does not see them keeps it in FIN_WAIT
  lingers: (service, { fin, udp }) => {
    if (service.protocol === 'udp') return service.ops ? 0 : 1000 * udp;
    if (service.protocol === 'sctp') return 1000 * SCTP_CLOSED;
    const sees = modesUsed(service).some((m) => modes[m].wire.reply === 'director');
    return 1000 * (sees ? Math.max(fin, TIME_WAIT) : fin);
  },
  // net/netfilter/ipvs/ip_vs_conn.c, ip_vs_conn_expire: 60 s, then again
  keepsHeldTemplates: 60_000,
  // net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook
  movesFlows: ({ sysctls }) =>
    Object.entries(sysctls).some(
      ([name, value]) => name.replaceAll('/', '.') === 'net.ipv4.vs.expire_nodest_conn' && Number(value) === 1,
    ),
  tunnelIsHop: true,
  // the kernel runs these timers in steps
  forgetsLate: 2500,
  // the kernel has neither TOA nor UOA
  clientOption: () => undefined,
  shows: (service) => ({
    forward: methodOf(service).column,
    flags: [...(service.hashesPort ? [`(${service.scheduler}-port)`] : []), ...(service.ops ? ['ops'] : [])],
  }),
  showsSnat: () => [],
  control,
};
