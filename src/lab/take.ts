import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, type Stats } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { fail, ok, type Result } from '../result.ts';

/** The complete content of a file on the caller's machine. */
export interface Taken {
  readonly bytes: Buffer;
  /** Its permission bits (chmod(2)). */
  readonly mode: number;
}

/** Limits for reading a file. */
export interface Bounds {
  /**
   * The folder, with symbolic links resolved, that must contain the file after its links are resolved; any folder if
   * absent.
   */
  readonly within: string | undefined;
  /** Maximum bytes. */
  readonly most: number;
}

/** All permission bits of a file's mode (inode(7)). */
const PERMISSIONS = 0o7777;
/** Bytes per read call. */
const CHUNK = 64 * 1024;

/**
 * Reads a regular file of limited size from the caller's machine. Fails with what it is instead, as the end of a
 * sentence that begins with its name: `is a FIFO`. Opens only regular files (opening a device may have an effect);
 * opening and reading never block (some regular files in /proc do), and no more than the limit is read, whatever size
 * the file reports. A path that changes meanwhile is refused: the file that was checked is the file that is read.
 */
export function takeFile(path: string, bounds: Bounds): Result<Taken, string> {
  try {
    return take(path, bounds);
  } catch (error) {
    return fail(refusalOf(error as NodeJS.ErrnoException));
  }
}

/** Formats the maximum size. */
export function megabytes(bytes: number): string {
  return `${Number((bytes / 1024 / 1024).toFixed(1))} MB`;
}

function take(path: string, { within, most }: Bounds): Result<Taken, string> {
  const real = realpathSync(path);
  if (within !== undefined && !lies(real, within))
    return fail(`is outside the lab's folder, at ${real}; copy it into the folder, or use --allow-outside`);
  const before = lstatSync(real);
  if (!before.isFile()) return fail(`is ${kindOf(before)}, not a file`);
  const fd = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY);
  try {
    const opened = fstatSync(fd);
    if (opened.dev !== before.dev || opened.ino !== before.ino || realpathSync(path) !== real)
      return fail('changed while it was being read');
    const bytes = readUpTo(fd, most + 1);
    if (bytes.length > most) return fail(`has ${sizeOf(opened, most)}; the limit is ${megabytes(most)}`);
    return ok({ bytes, mode: opened.mode & PERMISSIONS });
  } finally {
    closeSync(fd);
  }
}

function lies(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function readUpTo(fd: number, most: number): Buffer {
  const chunks: Buffer[] = [];
  for (let left = most; left > 0; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left));
    const got = readSync(fd, chunk, 0, chunk.length, null);
    if (got === 0) break;
    chunks.push(chunk.subarray(0, got));
    left -= got;
  }
  return Buffer.concat(chunks);
}

/** Formats the size that a file reports, which can be wrong for files in /proc. */
function sizeOf(stats: Stats, most: number): string {
  return stats.size > most ? megabytes(stats.size) : `more than ${megabytes(most)}`;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device';
  return 'something else';
}

function refusalOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'ELOOP':
      return 'is a symbolic link that leads in a circle';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    case 'ENAMETOOLONG':
      return 'has a name that is too long';
    case 'EAGAIN':
      return 'has no data to read; reading it would block';
    default:
      return `cannot be read: ${error.message}`;
  }
}
