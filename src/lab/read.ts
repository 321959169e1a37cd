import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve as resolvePath } from 'node:path';
import { Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Diagnostic } from './diagnostic.ts';
import { LIMITS } from './limits.ts';
import { isFile, labFolders, labNames, statOf } from './names.ts';
import { checkLab, type Override } from './resolve.ts';
import { readSource, type Source } from './source.ts';
import { megabytes, type Taken, takeFile } from './take.ts';

/**
 * Returns the lab file that an argument names: a folder of labs/, a folder with a lab.yaml, or a file. Throws a usage
 * failure with the nearest lab's name if there is none.
 */
export function findLabFile(argument: string): string {
  if (argument.includes('/') || argument.endsWith('.yaml') || argument.endsWith('.yml')) {
    const there = statOf(argument);
    if (there && !there.isDirectory()) return argument; // if it is not a regular file, reading it reports this
    if (isFile(join(argument, 'lab.yaml'))) return join(argument, 'lab.yaml');
    throw new Failure('no-lab-file', { path: argument });
  }
  for (const folder of labFolders()) {
    const file = join(folder, argument, 'lab.yaml');
    if (isFile(file)) return file;
  }
  const names = labNames();
  throw new Failure('no-such-lab', { name: argument, labs: names });
}

/** Options for reading a lab file. */
export interface ReadOptions extends Override {
  /** Whether files may come from anywhere on this machine, not only from the lab's folder. */
  readonly allowOutside?: boolean | undefined;
}

/** Maximum bytes of one file of a lab: files are copied into the running lab. */
export const MOST_OF_A_FILE = 1024 * 1024;
/** Maximum bytes of all files of a lab, each counted once per node that uses it. */
export const MOST_OF_A_LAB = 8 * 1024 * 1024;

/**
 * Reads, checks and resolves a lab file, and reads the files that it names: only from within its folder, unless an
 * option allows others. Fails with all mistakes at once.
 */
export function readLab(file: string, options: ReadOptions = {}): Result<Lab, readonly Diagnostic[]> {
  const read = readLabFile(file, options);
  return read.ok ? ok(read.value.lab) : read;
}

/** A lab with the file that it was read from. */
export interface LabFile {
  readonly lab: Lab;
  readonly source: Source;
  /** The folder that the file's paths start from. */
  readonly folder: string;
}

/** Reads a lab file as `readLab` does; returns the source, too, in which a part of the lab has its place. */
export function readLabFile(file: string, options: ReadOptions = {}): Result<LabFile, readonly Diagnostic[]> {
  const shown = relative('', file).startsWith('..') ? file : relative('', file) || basename(file);
  const folder = realpathSync(dirname(file));
  const within = options.allowOutside ? undefined : folder;
  const taken = takeFile(file, { within, most: LIMITS.bytes });
  if (!taken.ok) return fail([{ file: shown, message: `the lab file ${taken.error}` }]);
  const source = readSource(shown, taken.value.bytes);
  if (!source.ok) return source;
  let left = MOST_OF_A_LAB;
  const beside = (path: string): Result<Taken, string> => {
    const found = takeFile(resolvePath(folder, path), { within, most: MOST_OF_A_FILE });
    if (!found.ok) return found;
    left -= found.value.bytes.length;
    return left < 0 ? fail(`exceeds the limit for all files of a lab, ${megabytes(MOST_OF_A_LAB)}`) : found;
  };
  const lab = checkLab(source.value, beside, options);
  return lab.ok ? ok({ lab: lab.value, source: source.value, folder }) : lab;
}
