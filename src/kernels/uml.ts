import type { Interface, LabNode } from '../model/node.ts';
import type { Module } from '../nodes/modules.ts';
import type { Cards, Hop, Kernel } from './kernel.ts';

/** Megabytes that a guest may use; it takes them from the machine only as it touches them. */
const MEMORY_MB = 192;

/**
 * Entries of nf_conntrack's table; with the default for 192 MB a node was out of entries after
 * 1536 connections. The kernel takes eight times this as the most it tracks.
 */
const CONNTRACK_BUCKETS = 8192;

/**
 * The command that boots a guest kernel on its container's files, with a card for each transport.
 *
 * `initcall_blacklist=raid6_init`: the kernel would spend 0.85 s of its 0.95 s of boot measuring RAID-6 code.
 */
function guestLine(megabytes: number, init: string, transports: readonly string[]): string {
  return [
    `linux.uml mem=${megabytes}M`,
    `rootfstype=hostfs root=/dev/root rw init=${init}`,
    'con=null con0=fd:0,fd:1 ssl=null quiet',
    'initcall_blacklist=raid6_init',
    `nf_conntrack.hashsize=${CONNTRACK_BUCKETS}`,
    ...transports.map((transport, i) => `vec${i}:${transport}`),
  ].join(' ');
}

/**
 * Takes the interface from the container's own stack: it must neither answer nor speak on it, and
 * frames must be whole, because the guest reads and writes them as they are on the wire.
 */
function silence(device: string): string {
  return `ip link set ${device} addrgenmode none promisc on arp off up`;
}

/**
 * Whether a node stacks devices on its cards, or watches their carrier, and so needs whole ones. A packet socket is the quickest
 * wire, but it sees what it sent itself, which a bridge would send round and round, and the container's
 * kernel takes VLAN tags off before it; and the guest's driver tells neither speed nor carrier, without
 * which LACP does not speak. So such a node has a tap for each wire, bridged to it (LACP's frames too,
 * which a bridge would keep to itself), and in the guest a veth pair as its card.
 */
function isWhole(node: LabNode): boolean {
  return node.carrier || node.devices.some((d) => d.kind === 'bond' || d.kind === 'vlan' || d.kind === 'bridge');
}

/** The far end of a card that is a veth pair: down, it takes the card's carrier. */
function plug(card: string): string {
  return `${card}p`;
}

/** A card of a node that stacks devices on it: what comes through the tap is handed to it, and back. */
function wholeCard(card: Interface, index: number): Cards {
  const [driver, far] = [`vec${index}`, plug(card.name)];
  const hand = (from: string, to: string) => [
    `qdisc replace dev ${from} clsact`,
    `filter add dev ${from} ingress prio 1 protocol all matchall action mirred egress redirect dev ${to}`,
  ];
  return {
    ip: [
      `link add ${card.name} address ${card.mac} type veth peer name ${far}`,
      ...[driver, far].map((d) => `link set ${d} addrgenmode none promisc on arp off up`),
    ],
    tc: [...hand(driver, far), ...hand(far, driver)],
    offload: [card.name, far],
  };
}

/** The way of a wire from the container into the guest. */
function wire(device: string, index: number, whole: boolean): { script: readonly string[]; transport: string } {
  if (!whole) return { script: [], transport: `transport=raw,ifname=${device}` };
  const tap = `tap${index}`;
  return {
    script: [
      `ip tuntap add dev ${tap} mode tap`,
      `ip link add wire${index} type bridge stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time 0`,
      `ip link set ${tap} addrgenmode none gso_max_segs 1 arp off master wire${index} up`,
      // a bridge keeps what is for its own ports' addresses, and this one is the guest's
      `ip link set ${device} address 02:fe:00:00:00:${index.toString(16).padStart(2, '0')} master wire${index}`,
      ...[tap, device].map((d) => `ip link set ${d} type bridge_slave group_fwd_mask 4`),
      `ip link set wire${index} addrgenmode none arp off up`,
    ],
    transport: `transport=tap,ifname=${tap}`,
  };
}

function bootScript(interfaces: readonly string[], whole: boolean): string {
  const wires = interfaces.map((device, i) => wire(device, i + 1, whole));
  return [
    '# made by lab: boots this node’s own kernel',
    ...interfaces.map(silence),
    'ip tuntap add dev mgmt0 mode tap',
    ...(interfaces.length > 0 ? [`nodectl offload ${interfaces.join(' ')}`] : []),
    // The guest's driver turns segmentation offload of a tap on again as it opens it, and then stalls on long frames.
    'ip link set mgmt0 addrgenmode none gso_max_segs 1 up',
    'ip addr add 169.254.77.1/30 dev mgmt0',
    ...wires.flatMap((w) => w.script),
    'export TMPDIR=/dev/shm HOME=/dev/shm',
    `exec ${guestLine(MEMORY_MB, '/usr/local/bin/guest-init', ['transport=tap,ifname=mgmt0', ...wires.map((w) => w.transport)])} < /dev/null`,
    '',
  ].join('\n');
}

/** Megabytes of a hop's kernel: it hands frames on, and nothing else. */
const HOP_MB = 64;

/** First process of a hop's kernel: see Hop. */
const HOP_INIT = `#!/bin/sh -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
modprobe -a sch_netem sch_ingress cls_matchall act_mirred
hand() { tc filter add dev $1 ingress protocol all matchall action mirred egress redirect dev $2; }
for d in vec0 vec1; do ip link set $d addrgenmode none arp off promisc on up; tc qdisc add dev $d clsact; done
folder=\${0%/*}
tc qdisc add dev vec1 root $(cat $folder/netem)
hand vec0 vec1
hand vec1 vec0
tc qdisc show dev vec1 > $folder/shown
exec sleep infinity
`;

/** What a container that boots such a kernel must be given. */
const NEEDS: Kernel['needs'] = {
  capabilities: ['NET_ADMIN', 'NET_RAW'],
  devices: ['/dev/net/tun'],
  tmpfs: { '/dev/shm': 'exec,size=1g' },
  writableNetSysctls: true,
  memoryMb: 512,
};

const hop: Hop = {
  needs: NEEDS,
  init: HOP_INIT,
  command: (init, taps) =>
    guestLine(
      HOP_MB,
      init,
      taps.map((tap) => `transport=tap,ifname=${tap}`),
    ).split(' '),
};

/** The line that loads a module, and what is wanted with it. */
function loadLine({ name, also, options }: Module): string {
  return also
    ? `modprobe -a ${[name, ...also].join(' ')}`
    : `modprobe ${name}${options === undefined ? '' : ` ${options}`}`;
}

/** Words of a shell command that prints lines. */
function printing(lines: readonly string[]): string {
  return lines.map((l) => `'${l}'`).join(' ');
}

/** What a guest does to files, its container's process does for it (hostfs), with the rights that the container has. */
const FILE_CAPABILITIES: readonly string[] = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/** User-Mode Linux: a kernel of the node's own, as a program in its container. x86-64 only. */
export const uml: Kernel = {
  name: 'uml',
  own: true,
  needs: NEEDS,
  takesMb: 100,
  process: 'linux.uml',
  programs: ['/usr/bin/linux.uml', '/usr/local/bin/guest-init'],
  devices: /^(eth\d+p|vec\d+|tap\d+|wire\d+|mgmt0)$/,
  version: async (_engine, tried) => tried(),
  capabilities: (programs) => programs.filter((c) => FILE_CAPABILITIES.includes(c)),
  load: (modules) => modules.map(loadLine),
  files: (node: LabNode) => ({
    '/lab/boot.sh': bootScript(
      node.interfaces.map((i) => i.name),
      isWhole(node),
    ),
  }),
  cards(node: LabNode): Cards {
    const parts = node.interfaces.map((card, i) =>
      isWhole(node)
        ? wholeCard(card, i + 1)
        : { ip: [`link set vec${i + 1} name ${card.name} address ${card.mac}`], tc: [], offload: [] },
    );
    return {
      ip: parts.flatMap((p) => p.ip),
      tc: parts.flatMap((p) => p.tc),
      offload: parts.flatMap((p) => p.offload),
    };
  },
  carrier: (node, card) => (isWhole(node) ? plug(card.name) : undefined),
  hop,
  probe: ({ modules, lines }) => `
    printf '%s\\n' ${printing([...modules.map(loadLine), 'ip link set lo up', ...lines])} > /lab/init.sh
    printf '%s\\n' ${printing(bootScript([], false).split('\n'))} > /lab/boot.sh
    cat /lab/uml-release
    nodectl init > /lab/console 2>&1 &
    for i in $(seq 1 200); do
      if grep -q ready /lab/state 2>/dev/null; then exit 0; fi
      if grep -q failed /lab/state 2>/dev/null || ! kill -0 $! 2>/dev/null; then break; fi
      sleep 0.05
    done
    tail -n 5 /lab/console; exit 1
  `,
};
