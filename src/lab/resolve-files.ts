import { posix } from 'node:path';
import { kernels } from '../kernels/index.ts';
import type { UserFile } from '../model/node.ts';
import { SCRIPTS } from '../shell.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';

/** Folders that are reserved for lab and the kernel. */
const KEPT: Readonly<Record<string, string>> = {
  '/lab': 'reserved for lab’s own files',
  [SCRIPTS]: 'reserved for lab’s own programs',
  '/proc': 'that is the kernel’s',
  '/sys': 'that is the kernel’s',
  '/dev': 'that is the kernel’s',
};
/** The only folder below /dev that may hold the user's files. */
const SHARED = '/dev/shm/';
/** The project's programs in a node (images/node/Dockerfile), in addition to those of its kernel. */
const PROGRAMS = ['nodectl', 'svc', 'probe', 'pulse', 'ask', 'answer', 'refuse'].map((p) => `/usr/local/bin/${p}`);
/** Directories that every node has, where no file can be. */
const DIRECTORIES = [
  ...['/', '/bin', '/boot', '/etc', '/home', '/lib', '/lib64', '/media', '/mnt', '/opt', '/root', '/run', '/sbin'],
  ...['/srv', '/tmp', '/usr', '/var', '/usr/bin', '/usr/lib', '/usr/libexec', '/usr/local', '/usr/local/bin'],
  ...['/usr/local/sbin', '/usr/sbin', '/usr/share', '/var/cache', '/var/lib', '/var/lock', '/var/log', '/var/run'],
  ...['/var/tmp', '/etc/frr', '/etc/iproute2', '/etc/keepalived', '/etc/mysql', '/etc/nginx', '/run/frr', '/dev/shm'],
];
/**
 * Maximum bytes of a path, which is first stored below a folder of the lab, and of one name in it (path_resolution(7)).
 */
const LONGEST = { path: 4000, name: 255 };

/** Resolves the user's files by their path in the node: each path is valid there and unique. */
export function resolveFiles(r: Resolver, node: string, raw: RawLab['nodes'][string]): Record<string, UserFile> {
  const targets = Object.keys(raw.files ?? {});
  return Object.fromEntries(
    Object.entries(raw.files ?? {}).flatMap(([to, from]): [string, UserFile][] => {
      const path = ['nodes', node, 'files', to];
      const above = targets.find((other) => to.startsWith(`${other}/`));
      const wrong = wrongPlace(to) ?? (above === undefined ? undefined : `"${above}" is a file, not a directory`);
      if (wrong !== undefined) r.wrong(path, `invalid path ${JSON.stringify(to)}: ${wrong}`, 'key');
      const file = r.file(from, path);
      return file ? [[to, file]] : [];
    }),
  );
}

/** Returns why no file can be at an absolute path in a node; undefined if one can. */
function wrongPlace(path: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(path)) return 'it contains a control character';
  const plain = posix.resolve('/', path);
  const kept = Object.keys(KEPT).find((folder) => `${plain}/`.startsWith(`${folder}/`) && !plain.startsWith(SHARED));
  if (kept !== undefined) return KEPT[kept];
  if (DIRECTORIES.includes(plain)) return 'that is a directory; append the file’s name';
  if (plain !== path) return path.endsWith('/') ? 'it ends with a slash, like a directory' : `write it as ${plain}`;
  if (PROGRAMS.includes(plain) || Object.values(kernels).some((k) => k.programs.includes(plain)))
    return 'that is a program of lab';
  const long = plain.split('/').some((name) => Buffer.byteLength(name) > LONGEST.name);
  return long || Buffer.byteLength(plain) > LONGEST.path
    ? `a path has at most ${LONGEST.path} bytes, a name in it ${LONGEST.name}`
    : undefined;
}
