import type { LabNode } from '../model/node.ts';
import { script } from '../shell.ts';
import { carrierOf, GUEST_DEVICES, guestCards, guestFiles, isWhole, loadLine } from './guest.ts';
import type { Hop, Kernel } from './kernel.ts';

/** Megabytes that a node's kernel may use. */
const NODE_MB = 192;
/** Megabytes of a hop's kernel: it only forwards frames. */
const HOP_MB = 64;
/** Seconds in which a trial must have booted. */
const TRIAL_S = 10;

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
  command: (init, taps, mtu) => script('uml', String(HOP_MB), init, ...taps.map((tap) => `tap,${tap},${mtu}`)),
};

/** The container's process performs file operations for a guest (hostfs), with the rights of the container. */
const FILE_CAPABILITIES: readonly string[] = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/**
 * Returns how a node's wires are attached. A packet socket is the fastest wire, but it receives its own frames, which a
 * bridge would forward in a loop, and the container's kernel removes VLAN tags before the socket sees them. Therefore
 * each wire of a node that stacks devices has a tap that is bridged to it (including LACP's frames, which a bridge does
 * not forward by default).
 */
function attached(node: LabNode): 'raw' | 'tap' {
  return isWhole(node) ? 'tap' : 'raw';
}

/** User-Mode Linux: a node's own kernel, as a program in its container. x86-64 only. */
export const uml: Kernel = {
  name: 'uml',
  own: true,
  needs: NEEDS,
  takesMb: 100,
  process: 'linux.uml',
  programs: ['/usr/bin/linux.uml', '/usr/local/bin/guest-init'],
  devices: GUEST_DEVICES,
  version: async (_engine, tried) => tried(),
  capabilities: (programs) => programs.filter((c) => FILE_CAPABILITIES.includes(c)),
  load: (modules) => modules.map(loadLine),
  files: (node) => guestFiles(node, { script: 'uml', megabytes: NODE_MB, attached: attached(node) }),
  cards: guestCards,
  carrier: carrierOf,
  hop,
  probe: ({ modules, scripts }) =>
    script('try-guest', 'uml', String(NODE_MB), String(TRIAL_S), scripts.join(' '), ...modules.map(loadLine)),
};
