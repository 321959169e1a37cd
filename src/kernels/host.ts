import { TRY_DIRECTOR } from './capability.ts';
import type { Kernel } from './kernel.ts';

/**
 * A container may not load modules, but the kernel loads them itself when they are first asked for.
 * Without this net.ipv4.vs.* and tunl0 would not be there. Bonds and VLANs are asked for by name anyway.
 */
const LOAD: Readonly<Record<string, string>> = {
  ip_vs: 'ipvsadm -Ln > /dev/null',
  ipip: 'ip link add probe0 type ipip remote 127.0.0.2 && ip link del probe0',
  ip6_tunnel: 'ip link add probe0 type ip6tnl remote ::2 && ip link del probe0',
};

/** The engine's own kernel, shared by all containers: works where it has, or may load, ip_vs. */
export const host: Kernel = {
  name: 'host',
  needs: {
    capabilities: ['NET_ADMIN', 'NET_RAW'],
    devices: [],
    tmpfs: {},
    writableNetSysctls: true,
    memoryMb: 512,
  },
  capabilities: (programs) => programs,
  load: (modules) => modules.flatMap((m) => LOAD[m] ?? []),
  files: () => ({}),
  cards: (node) => ({ ip: [], tc: [], offload: node.interfaces.map((i) => i.name) }),
  // a veth whose other end goes down has no carrier
  carrier: () => undefined,
  probe: `set -e; uname -r; ${TRY_DIRECTOR}`,
};
