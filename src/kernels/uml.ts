import type { Interface, LabNode } from '../model/node.ts';
import type { Module } from '../nodes/modules.ts';
import { script } from '../shell.ts';
import type { Cards, Hop, Kernel } from './kernel.ts';

/**
 * Returns whether a node stacks devices on its cards, or watches their carrier, and so needs complete cards. A packet
 * socket is the fastest wire, but it receives its own frames, which a bridge would forward in a loop, and the
 * container's kernel removes VLAN tags before the socket sees them; also, the guest's driver reports neither speed nor
 * carrier, without which LACP does not run. Therefore each wire of such a node has a tap that is bridged to it
 * (including LACP's frames, which a bridge does not forward by default), and in the guest a veth pair as its card.
 */
function isWhole(node: LabNode): boolean {
  return node.carrier || node.devices.some((d) => d.kind === 'bond' || d.kind === 'vlan' || d.kind === 'bridge');
}

/** Returns the far end of a card that is a veth pair: when set down, it takes away the card's carrier. */
function plug(card: string): string {
  return `${card}p`;
}

/** Returns a card of a node that stacks devices on it: frames from the tap are forwarded to the card, and back. */
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

/** Megabytes of a hop's kernel: it only forwards frames. */
const HOP_MB = 64;

/** What a container that boots such a kernel needs. */
const NEEDS: Kernel['needs'] = {
  capabilities: ['NET_ADMIN', 'NET_RAW'],
  devices: ['/dev/net/tun'],
  tmpfs: { '/dev/shm': 'exec,size=1g' },
  writableNetSysctls: true,
  memoryMb: 512,
};

const hop: Hop = {
  needs: NEEDS,
  init: script('hop-init')[0],
  command: (init, taps) => script('guest', String(HOP_MB), init, ...taps.map((tap) => `transport=tap,ifname=${tap}`)),
};

/** Returns the line that loads a module with its dependencies and options. */
function loadLine({ name, also, options }: Module): string {
  return also
    ? `modprobe -a ${[name, ...also].join(' ')}`
    : `modprobe ${name}${options === undefined ? '' : ` ${options}`}`;
}

/** The container's process performs file operations for a guest (hostfs), with the rights of the container. */
const FILE_CAPABILITIES: readonly string[] = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/** User-Mode Linux: a node's own kernel, as a program in its container. x86-64 only. */
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
    '/lab/guest': node.interfaces.map((i) => `${isWhole(node) ? 'whole' : 'raw'} ${i.name}\n`).join(''),
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
  probe: ({ modules, script: trial }) => script('try-uml', trial, ...modules.map(loadLine)),
};
