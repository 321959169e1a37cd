import { script } from '../shell.ts';
import type { Kernel } from './kernel.ts';

/** The engine's own kernel, shared by all containers: usable if it has, or may load, the required modules. */
export const host: Kernel = {
  name: 'host',
  own: false,
  needs: {
    capabilities: ['NET_ADMIN', 'NET_RAW'],
    devices: [],
    tmpfs: {},
    writableNetSysctls: true,
    memoryMb: 512,
  },
  takesMb: 20,
  programs: [],
  version: async (engine) => engine,
  capabilities: (programs) => programs,
  // A container may not load modules, but the kernel loads them itself on first use.
  load: (modules) => modules.flatMap((m) => m.ask ?? []),
  files: () => ({}),
  cards: (node) => ({ ip: [], tc: [], offload: node.interfaces.map((i) => i.name) }),
  // a veth whose other end is down has no carrier
  carrier: () => undefined,
  probe: (trial) => script('try-host', ...trial.scripts),
};
