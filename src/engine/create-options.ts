import type { ContainerSpec } from './engine.ts';

/**
 * The paths that Docker keeps read-only in every container, except /proc/sys/net, which belongs to the container's own
 * network.
 */
const READ_ONLY_PATHS = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sysrq-trigger',
  ...['abi', 'debug', 'dev', 'fs', 'kernel', 'user', 'vm'].map((d) => `/proc/sys/${d}`),
];

/**
 * Maximum number of processes in a container: many times what any lab's node runs (a guest's processes are processes of
 * its container).
 */
const MOST_PROCESSES = 1024;

/**
 * Returns the request that creates a container without any right that it does not need. An attacker who takes
 * over the container stays in its network and its files.
 */
export function createOptions(spec: ContainerSpec) {
  const { needs } = spec;
  const memory = needs.memoryMb * 1024 * 1024;
  return {
    ...(spec.name === '' ? {} : { name: spec.name }),
    Image: spec.image,
    Hostname: spec.hostname,
    Cmd: [...spec.command],
    Labels: { ...spec.labels },
    ...(spec.shares === undefined ? {} : { Volumes: { [spec.shares]: {} } }),
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: [...needs.capabilities],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: MOST_PROCESSES,
      Memory: memory,
      MemorySwap: memory,
      ...(spec.looksInto === undefined ? {} : { VolumesFrom: [`${spec.looksInto}:ro`] }),
      Devices: needs.devices.map((d) => ({ PathOnHost: d, PathInContainer: d, CgroupPermissions: 'rwm' })),
      Tmpfs: { ...needs.tmpfs },
      ...(needs.writableNetSysctls ? { ReadonlyPaths: READ_ONLY_PATHS } : {}),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '2' } },
    },
  };
}
