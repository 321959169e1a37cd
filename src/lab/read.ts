import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve as resolvePath } from 'node:path';
import { Failure } from '../failure.ts';
import { HOME } from '../home.ts';
import { didYouMean } from '../nearest.ts';
import type { Result } from '../result.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Lab } from './model.ts';
import { checkLab } from './resolve.ts';
import { readSource } from './source.ts';

/** Folders that hold labs: the working directory's labs/, then the project's. */
function labFolders(): readonly string[] {
  return [...new Set([resolvePath('labs'), join(HOME, 'labs')])];
}

/** Names of the labs that can be named without a path. */
export function labNames(): readonly string[] {
  return [...new Set(labFolders().flatMap((folder) => readFolder(folder)))].sort();
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => isFile(join(folder, name, 'lab.yaml')));
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * The lab file that an argument means: a folder of labs/, a folder with a lab.yaml, or a file.
 * Throws a usage failure that names the nearest lab when there is none.
 */
export function findLabFile(argument: string): string {
  if (argument.includes('/') || argument.endsWith('.yaml') || argument.endsWith('.yml')) {
    if (isFile(argument)) return argument;
    if (isFile(join(argument, 'lab.yaml'))) return join(argument, 'lab.yaml');
    throw new Failure(
      'usage',
      `there is no lab file at ${argument}`,
      'name a lab.yaml, a folder that holds one, or a lab of labs/',
    );
  }
  for (const folder of labFolders()) {
    const file = join(folder, argument, 'lab.yaml');
    if (isFile(file)) return file;
  }
  const names = labNames();
  throw new Failure(
    'usage',
    `there is no lab "${argument}"${didYouMean(argument, names)}`,
    `labs here: ${names.join(', ') || 'none'}`,
  );
}

/**
 * Reads, checks and resolves a lab file.
 * `name` is the running copy's name when it is not the lab's own. Fails with all mistakes at once.
 */
export function readLab(file: string, name?: string): Result<Lab, readonly Diagnostic[]> {
  const shown = relative('', file).startsWith('..') ? file : relative('', file) || basename(file);
  const source = readSource(shown, readFileSync(file));
  if (!source.ok) return source;
  return checkLab(source.value, (path) => readBeside(dirname(file), path), name);
}

function readBeside(folder: string, path: string): string | undefined {
  try {
    return readFileSync(resolvePath(folder, path), 'utf8');
  } catch {
    return undefined;
  }
}
