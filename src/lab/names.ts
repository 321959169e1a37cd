import { readdirSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HOME } from '../home.ts';

/** Returns the folders that hold labs: the working directory's labs/, then the project's. */
export function labFolders(): readonly string[] {
  return [...new Set([resolve('labs'), join(HOME, 'labs')])];
}

/** Returns the names of the labs that need no path. */
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

/** Returns whether a path is a regular file, or a link to one. */
export function isFile(path: string): boolean {
  return statOf(path)?.isFile() ?? false;
}

/** Returns what is at a path, links followed; undefined if nothing is. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
