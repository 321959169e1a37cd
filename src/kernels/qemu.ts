import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Image } from '../engine/images.ts';
import { script } from '../shell.ts';
import { carrierOf, GUEST_DEVICES, guestCards, guestFiles, loadLine } from './guest.ts';
import type { Kernel } from './kernel.ts';

/** Megabytes that a node's kernel may use. */
const NODE_MB = 256;
/** A kernel's version as Debian's releases are known by it. */
const VERSION = /^\d+\.\d+$/;
/**
 * Seconds in which a trial must have booted: 3 to 5 s under TCG on an idle machine, many times that on one that is short
 * of processor time.
 */
const TRIAL_S = 120;

/**
 * Returns what the image of a kernel is made of that LAB_QEMU names: a version that a Debian release carries, or a folder
 * of the user with bzImage or vmlinux, and lib/modules/NAME. Without it, the image has Debian's newest.
 */
function ownKernel(): Pick<Image, 'arguments' | 'brings'> {
  const named = process.env['LAB_QEMU'];
  if (!named || whyNoKernel() !== undefined) return {};
  if (VERSION.test(named)) return { arguments: { KERNEL: named } };
  return { arguments: { KERNEL: 'brought' }, brings: resolve(named) };
}

/** Returns why the kernel that the user names cannot be taken; undefined if it can, or none is named. */
function whyNoKernel(): string | undefined {
  const named = process.env['LAB_QEMU'];
  if (!named || VERSION.test(named)) return undefined;
  const folder = resolve(named);
  const has = (name: string) => existsSync(join(folder, name));
  if ((has('bzImage') || has('vmlinux')) && has('lib/modules')) return undefined;
  return `LAB_QEMU or --qemu names ${folder}, which has not both bzImage and lib/modules; name a version that Debian carries (5.10, 6.1 or 6.12), or such a folder (make modules_install INSTALL_MOD_PATH=${folder})`;
}

/** A stock distribution kernel under QEMU, as a program in its container. x86-64 only. */
export const qemu: Kernel = {
  name: 'qemu',
  own: true,
  image: (on) => ({ name: 'qemu', on, ...ownKernel() }),
  missing: whyNoKernel,
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
