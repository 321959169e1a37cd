import { TRY_DIRECTOR } from './capability.ts';
import type { Kernel } from './kernel.ts';

/** The engine's own kernel, shared by all containers: works where it has, or may load, ip_vs. */
export const host: Kernel = {
  name: 'host',
  needs: { capabilities: ['NET_ADMIN', 'NET_RAW'], devices: [], tmpfs: {}, writableNetSysctls: true },
  // The kernel loads ip_vs itself when ipvsadm first asks for it; net.ipv4.vs.* is there only then.
  loadModules: 'ipvsadm -Ln > /dev/null',
  files: () => ({}),
  nameInterface: () => [],
  probe: `set -e; uname -r; ${TRY_DIRECTOR}`,
};
