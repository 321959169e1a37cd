import type { ContainerSpec } from './engine.ts';

/** What Docker keeps read-only in every container, less /proc/sys/net: that belongs to the container's own network. */
const READ_ONLY_PATHS = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sysrq-trigger',
  ...['abi', 'debug', 'dev', 'fs', 'kernel', 'user', 'vm'].map((d) => `/proc/sys/${d}`),
];

/** Most processes of a container: many times what any lab's node runs (a guest's processes are processes of its container). */
const MOST_PROCESSES = 1024;

/** What the engine is asked for: a container with no right that it does not need. Whoever takes it over is in its own network, among its own files. */
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
