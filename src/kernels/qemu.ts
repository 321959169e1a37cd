import { script } from '../shell.ts';
import { carrierOf, GUEST_DEVICES, guestCards, guestFiles, loadLine } from './guest.ts';
import type { Kernel } from './kernel.ts';

/** Megabytes that a node's kernel may use. */
const NODE_MB = 256;
/**
 * Seconds in which a trial must have booted: 3 to 5 s under TCG on an idle machine, many times that on one that is short
 * of processor time.
 */
const TRIAL_S = 120;

/** A stock distribution kernel under QEMU, as a program in its container. x86-64 only. */
export const qemu: Kernel = {
  name: 'qemu',
  own: true,
  image: (on) => ({ name: 'qemu', on }),
  needs: {
    // virtiofsd drops its groups and capabilities, and acts for the guest's users
    capabilities: ['NET_ADMIN', 'NET_RAW', 'SETGID', 'SETPCAP', 'SETUID'],
    devices: ['/dev/net/tun'],
    tmpfs: { '/dev/shm': 'exec,size=1g' },
    writableNetSysctls: true,
    memoryMb: 640,
  },
  takesMb: 250,
  process: 'qemu-system-x86_64',
  programs: ['/usr/bin/qemu-system-x86_64', '/usr/libexec/virtiofsd', '/boot/vmlinux', '/usr/local/bin/guest-init'],
  devices: GUEST_DEVICES,
  version: async (_engine, tried) => tried(),
  capabilities: (programs) => programs.filter((c) => ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'].includes(c)),
  load: (modules) => modules.map(loadLine),
  files: (node) => guestFiles(node, { script: 'qemu', megabytes: NODE_MB, attached: 'tap' }),
  cards: guestCards,
  carrier: carrierOf,
  probe: ({ modules, scripts }) =>
    script('try-guest', 'qemu', String(NODE_MB), String(TRIAL_S), scripts.join(' '), ...modules.map(loadLine)),
};
