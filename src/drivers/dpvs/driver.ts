import type { Image } from '../../engine/images.ts';
import { kernels } from '../../kernels/index.ts';
import type { Lab } from '../../model/lab.ts';
import { addressesOf, domainsIn, familyOf, instancesOf, ownServices, serviceOf } from '../../model/lookup.ts';
import { hasMtus } from '../../model/mtu.ts';
import type { LabNode } from '../../model/node.ts';
import type { Service } from '../../model/service.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { modes } from '../../modes/index.ts';
import { readAddresses } from '../../nodes/addresses.ts';
import { type NodePart, nothing } from '../../nodes/part.ts';
import { script, shell } from '../../shell.ts';
import type { Control, Driver, Extra, Misplaced, Parts, Refused, RunInNode } from '../driver.ts';
import { joinTable, parseReals, parseTable, readCounters, readLimits } from '../ipvsadm.ts';
import { KEEPALIVED, KEEPALIVED_CONF, keepalivedFiles, keepalivedPids } from '../keepalived-conf.ts';
import type { Kept } from '../keepalived-kept.ts';
import type { ServiceTable } from '../service-table.ts';
import { buildImage, buildWords, lookForBuild, RUNTIME, whyNoBuild } from './build.ts';
import { keptServices, kernelHasAddresses, ownNetwork, serverCommand, setupCommands } from './commands.ts';
import { DPVS_CONF, dpvsConf, workersOf } from './conf.ts';
import { DIALECT } from './dialect.ts';
import { methodOf } from './method.ts';
import { bondsOf, linkOfPort, openPorts } from './ports.ts';
import { clashingRules, keptSnat, shownSnat } from './snat.ts';
import { explainStart } from './start-failures.ts';
import { missedPorts, parseAddresses, parseConnections, parseRoutes } from './tables.ts';

/** The names of a director's programs: DPVS itself, and the one that configures it. */
const DPVS = 'dpvs';
const SETUP = 'dpvs-setup';
const LACP = 'dpvs-lacp';
/** The file that exists while DPVS is configured as the lab says. */
const READY = '/run/dpvs.ready';
/** The commands that configure DPVS, one per line. */
const COMMANDS = '/lab/dpvs.commands';
/** The VIPs that OSPF announces while DPVS works, one per line. */
const ANNOUNCED = '/lab/dpvs.announced';

/** Separates the lists that one command prints. */
const MARKER = '--lvslab--';

async function readTable(run: RunInNode): Promise<ServiceTable> {
  const output = await run(script('dpvs-table', MARKER));
  const [table = '', stats = '', rate = '', limits = ''] = output.split(MARKER);
  return joinTable(parseTable(table), [
    parseReals(stats, (words) => ({ stats: readCounters(words) })),
    parseReals(rate, (words) => ({ rate: readCounters(words) })),
    parseReals(limits, readLimits),
  ]);
}

function control(run: RunInNode, node: LabNode): Control {
  const list = async (...which: readonly string[]) => parseConnections(await run(['ipvsadm', '-lnc', ...which]));
  return {
    table: () => readTable(run),
    save: ['ipvsadm', '-Sn'],
    setWeight: (service, real, weight) => serverCommand('-e', service, real, weight),
    removeServer: (service, real) => serverCommand('-d', service, real),
    restoreServer: (service, real, weight) =>
      shell(
        'program=$1; shift 2; "$program" -a "$@" > /dev/null 2>&1 || exec "$program" -e "$@"',
        ...serverCommand('-a', service, real, weight),
      ),
    restoreWeight: (service, real, weight) =>
      shell(
        'why=$("$@" 2>&1) || case $why in *"not exist"*) ;; *) echo "$why" >&2; exit 1 ;; esac',
        ...serverCommand('-e', service, real, weight),
      ),
    connections: () => list(),
    templates: () => list('--persistent-conn'),
    addressesHeld: async () => {
      const output = await run(script('dpvs-addresses', MARKER));
      const [kernel = '', dpvs = ''] = output.split(`${MARKER}\n`);
      const own = parseAddresses(dpvs).map((a) => ({ interface: linkOfPort(node, a.port), address: a.address }));
      return [...readAddresses(kernel), ...own];
    },
    differences: async (lab) => differences(lab, node, await run(script('dpvs-network', MARKER))),
    about: async () => {
      const [version = '', ...ways] = (await run(script('dpvs-about'))).trim().split('\n');
      return [`DPVS ${version}`, ...ways].join(', ');
    },
    portsRefused: async () => missedPorts(parseAddresses(await run(['dpip', '-s', 'addr', 'show']))),
  };
}

/**
 * Returns how DPVS's addresses and routes, as its tools print them, differ from the lab: those that it got at its start
 * must be there, and no address of another node.
 */
function differences(lab: Lab, node: LabNode, output: string): readonly string[] {
  const [shown = '', ...lists] = output.split(`${MARKER}\n`);
  const held = parseAddresses(shown);
  const routes = parseRoutes(lists.join(''));
  const meant = ownNetwork(lab, node);
  const others = new Set(lab.nodes.filter((n) => n.name !== node.name).flatMap(addressesOf));
  return [
    ...meant.addresses
      .filter((a) => !held.some((h) => h.port === a.port && h.address === a.address))
      .map((a) => `${a.port} lacks ${a.address}`),
    ...held
      .filter((h) => others.has(h.address.split('/')[0] ?? ''))
      .map((h) => `${h.port} has ${h.address}, which is not its own`),
    ...meant.routes
      .filter((r) => !routes.some((s) => s.to === r.to && s.via === r.via && s.dev === r.port))
      .map((r) => `no route to ${r.to}${r.via === undefined ? '' : ` via ${r.via}`} dev ${r.port}`),
  ];
}

/** Returns the line that keeps the kernel from answering on a card: DPVS does, with the card's MAC address. */
function shareCard(lab: Lab, node: LabNode): readonly string[] {
  const arp = kernelHasAddresses(lab, node) ? 'on' : 'off';
  // A bond has the MAC address of its first slave.
  const macs = bondsOf(node).map((bond) => `link set dev ${bond.over[0]} address ${bond.mac}`);
  return [...macs, ...node.interfaces.map((card) => `link set dev ${card.name} promisc on arp ${arp}`)];
}

/** The kernel neither forwards what DPVS forwards, nor answers for addresses of another card. */
const BESIDE_DPVS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '0',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
};

function keepalived(lab: Lab, node: LabNode): Partial<NodePart> {
  const kept: Kept = { services: keptServices(lab), snat: keptSnat(lab.snat, node) };
  const idle = kept.services.length + kept.snat.length + instancesOf(lab, node).length === 0;
  if (node.keepalived === undefined && idle) return {};
  return {
    files: {
      ...keepalivedFiles(lab, node, DIALECT, kept),
      ...(node.keepalived ? { [KEEPALIVED_CONF]: node.keepalived } : {}),
    },
    programs: {
      [KEEPALIVED]: {
        command: [KEEPALIVED, '-n', '-l', '-D'],
        ready: keepalivedPids(lab, node, kept),
        after: [DPVS],
      },
    },
  };
}

/** Returns the VIPs that a director announces by OSPF. */
function announcedVips(lab: Lab, node: LabNode): readonly string[] {
  const domains = domainsIn(lab).filter((o) => o.members.includes(node.name));
  return [...new Set(domains.flatMap((o) => o.services.map((s) => serviceOf(lab, s).vip)))];
}

/** Returns what DPVS cannot do with a service's families. */
function families({ mode, vip, reals }: Service): readonly Refused[] {
  const [outside, inside] = [familyOf(vip), ...reals.map((r) => familyOf(r.address))];
  if (inside === undefined || outside === inside) return [];
  if (outside === 4) return [{ key: 'vip', why: 'DPVS translates from IPv6 to IPv4 (NAT64), not from IPv4 to IPv6' }];
  return modes[mode].wire.source === 'lip'
    ? []
    : [{ key: 'mode', why: `DPVS translates from IPv6 to IPv4 in Full-NAT only, not in ${mode}` }];
}

/** Returns what of a service kernel LVS only has. */
function entries({ entry, ops, reals, mode }: Service): readonly Refused[] {
  return [
    ...(entry?.kind === 'ports'
      ? [{ key: 'port' as const, why: 'a director with DPVS takes no port 0 here; name the port, or use driver ipvs' }]
      : []),
    ...(entry?.kind === 'mark'
      ? [{ key: 'mark' as const, why: 'packets reach DPVS without a firewall mark; use driver ipvs' }]
      : []),
    ...(ops ? [{ key: 'ops' as const, why: 'a director with DPVS has no one-packet scheduling here' }] : []),
    ...reals
      .filter((r) => r.mode !== undefined)
      .map((r) => ({
        key: 'mode' as const,
        real: r.node,
        why: `with DPVS a service has one mode here, and this one is ${mode}; leave it out, or use driver ipvs`,
      })),
  ];
}

/** Returns what DPVS cannot do for a director of this lab. */
function refusesOf(lab: Parts, node: LabNode): readonly Misplaced[] {
  const at = (key: string, why: string) => ({ path: ['nodes', node.name, key], why });
  const beside = kernelHasAddresses(lab, node);
  const isMember = (v: VrrpInstance) => v.members.some((m) => m.node === node.name);
  const onDevice = (v: VrrpInstance) =>
    v.members.some((m) => m.node === node.name && !node.interfaces.some((card) => card.name === m.device));
  return [
    ...(node.manual || node.setup
      ? [
          at(
            node.manual ? 'manual' : 'setup',
            'a script of a director runs before DPVS starts, and cannot configure it',
          ),
        ]
      : []),
    ...(node.kernel !== 'auto' && kernels[node.kernel].own
      ? [at('kernel', 'DPVS runs on the engine’s kernel, with packet sockets; leave the kernel out')]
      : []),
    ...(hasMtus({ segments: [], nodes: [node] })
      ? [at('driver', 'DPVS is given no MTU here: its ports carry packets of 1500 bytes')]
      : []),
    ...(node.kni && beside
      ? [at('kni', 'beside keepalived or OSPF the kernel has the cards’ own addresses; a KNI device has none to add')]
      : []),
    ...(node.needs.length > 0
      ? [at('needs', 'DPVS runs on the engine’s kernel, and a need would choose another one; leave it out')]
      : []),
    ...node.devices.flatMap((device) => {
      const why = beside
        ? 'beside keepalived or OSPF, DPVS shares cards with the kernel; it cannot share a bond, a VLAN or a tunnel'
        : device.kind === 'bridge'
          ? 'DPVS has no bridges'
          : undefined;
      return why === undefined ? [] : [{ path: ['nodes', node.name, 'devices', device.name], why }];
    }),
    ...lab.services
      .filter((s) => beside && modes[s.mode].wire.source === 'client')
      .map(({ name, mode }) => ({
        path: ['services', name, 'mode'],
        why: `beside keepalived or OSPF the kernel has the addresses of a director with DPVS, and ${mode} needs them in DPVS; use fnat`,
      })),
    ...lab.services
      .filter(
        (s) => workersOf(node) > 1 && modes[s.mode].wire.reply === 'director' && modes[s.mode].wire.source === 'client',
      )
      .map(({ name, mode }) => ({
        path: ['services', name, 'mode'],
        why: `in ${mode} DPVS works with one worker only (DPVS tutorial): replies may arrive at another one`,
      })),
    ...ownServices(lab, node).map(({ name }) => ({
      path: ['services', name, 'reals', node.name],
      why: 'DPVS has the cards of its director and gives no packet to a program there; take another node as real server',
    })),
    ...lab.vrrp
      .filter((v) => v.vmac !== undefined && isMember(v))
      .map((v) => ({
        path: ['vrrp', v.name, 'vmac'],
        why: 'a director with DPVS has its VIPs in DPVS, which sends from its ports’ own MAC addresses; leave vmac out',
      })),
    ...lab.snat
      .filter((rule) => beside && rule.director === node.name)
      .map(({ name }) => ({
        path: ['snat', name],
        why: 'beside keepalived or OSPF the kernel has the addresses of a director with DPVS, and SNAT needs them in DPVS',
      })),
    ...clashingRules(lab.snat, node),
    ...lab.vrrp
      .filter((v) => isMember(v) && v.syncDaemon)
      .map(({ name }) => ({
        path: ['vrrp', name, 'syncdaemon'],
        why: 'DPVS has no sync daemon: it does not synchronise connections',
      })),
    ...lab.vrrp
      .filter((v) => isMember(v) && onDevice(v))
      .map(({ name }) => ({
        path: ['vrrp', name, 'on'],
        why: 'VRRP beside DPVS runs on a card; DPVS has the bonds and VLANs for itself',
      })),
  ];
}

/** KNI devices are made of the host's vhost-net (virtio-user of DPDK). */
const KNI: Extra = {
  name: 'kni',
  devices: ['/dev/vhost-net', '/dev/net/tun'],
  trial: {
    modules: [],
    scripts: [script('try-kni')[0]],
    works: 'DPVS was started on it with KNI, and the KNI device is there',
    wanted: 'KNI needs /dev/vhost-net and /dev/net/tun on the engine’s machine (modprobe vhost_net tun)',
  },
};

/** DPVS over DPDK's packet sockets, from the user's own build, controlled by its own tools and its own keepalived. */
export const dpvs: Driver = {
  name: 'dpvs',
  modes: ['nat', 'fnat', 'dr', 'tun'],
  families: [4, 6],
  schedulers: ['rr', 'wrr', 'wlc', 'conhash', 'mh', 'fo'],
  protocols: ['tcp', 'udp'],
  wideEntries: false,
  oneFamily: undefined,
  refuses: (service) => [
    ...families(service),
    ...entries(service),
    // tools/keepalived/keepalived/check of DPVS 1.10.2
    ...(service.health?.probe.kind === 'ping'
      ? [{ key: 'health' as const, why: 'the keepalived of DPVS has no PING_CHECK; use another health check' }]
      : []),
    ...(service.hashesPort ? [{ key: 'scheduler' as const, why: 'DPVS does not hash the client’s port here' }] : []),
  ],

  refusesOf,
  missing: () => whyNoBuild(),
  runtime: RUNTIME,
  image: (): Image => buildImage(),
  look: lookForBuild,
  broughtFrom: () => buildWords(),
  mostWorkers: 4,
  ownKernels: false,
  needs: { capabilities: [], devices: [], tmpfs: {}, memoryMb: 900 },
  extra: ({ kni }) => (kni ? KNI : undefined),
  // images/dpvs-runtime/lib/dpvs-alive.sh, run by keepalived each second, and by dpvs-setup.sh
  heart: {
    program: DPVS,
    noticed: { ms: 2000, words: 'check of DPVS every 1 s, timeout 1 s' },
    returns: { ms: 4000, words: 'DPVS and then its keepalived start again, 4 s' },
  },
  announces: 'routes',
  stack: (lab, node) => ({ addresses: kernelHasAddresses(lab, node), devices: false }),

  director(lab: Lab, node: LabNode): NodePart {
    const ports = openPorts(node);
    const cards = node.interfaces.map((card) => card.name);
    const lacp = bondsOf(node).flatMap((bond) => (bond.mode === 4 ? bond.name : []));
    const idle = process.env['LAB_DPVS_POLLS'] ? 'poll' : 'sleep';
    const more = keepalived(lab, node);
    return {
      ...nothing,
      sysctls: BESIDE_DPVS,
      ip: shareCard(lab, node),
      files: {
        [DPVS_CONF]: dpvsConf(lab, node),
        [COMMANDS]: setupCommands(lab, node)
          .map((words) => `${words.join(' ')}\n`)
          .join(''),
        [ANNOUNCED]: announcedVips(lab, node)
          .map((vip) => `${vip}\n`)
          .join(''),
        ...more.files,
      },
      programs: {
        [DPVS]: {
          command: script('dpvs-start', idle, String(workersOf(node)), ...cards),
          ready: [READY],
          after: [],
        },
        [SETUP]: { command: script('dpvs-setup', ...ports), ready: [], after: [] },
        ...(lacp.length > 0 ? { [LACP]: { command: script('dpvs-lacp', ...lacp), ready: [], after: [] } } : {}),
        ...more.programs,
      },
    };
  },

  explains: explainStart,

  trial: {
    modules: [],
    scripts: [script('try-dpvs')[0]],
    works: 'DPVS was started on it, and its port is up',
    wanted: 'a build of DPVS that starts in a container is needed',
  },

  // src/ipvs/ip_vs_proto_tcp.c and ip_vs_proto_udp.c of DPVS 1.10.2
  timeouts: { tcp: 90, fin: 7, udp: 300 },
  // `ipvsadm -l --timeout` prints nothing
  tellsTimeouts: false,
  lingers: ({ protocol }, { fin, udp }) => 1000 * (protocol === 'udp' ? udp : fin),
  keepsHeldTemplates: 60_000,
  // src/ipvs/ip_vs_xmit.c: xmit_ttl is off by default
  movesFlows: () => false,
  tunnelIsHop: false,
  forgetsLate: 2500,
  // `uoa_mode ipo` (conf.ts) is for IPv4
  clientOption: ({ mode, protocol, vip }) => {
    if (modes[mode].wire.source !== 'lip') return undefined;
    if (protocol === 'tcp') return 'toa';
    return familyOf(vip) === 4 ? 'uoa' : undefined;
  },
  shows: (service) => ({
    forward: methodOf(service).column,
    flags: service.scheduler === 'conhash' ? ['sip'] : [],
  }),
  showsSnat: shownSnat,
  control,
};
