import { statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Returns the absolute path of a build of the user's, which an environment variable names; undefined if none is named. */
export function ownBuild(variable: string): string | undefined {
  const named = process.env[variable];
  return named ? resolve(named) : undefined;
}

/** Returns what is at a path: a file or a folder, links followed; undefined if it is neither. */
export function kindAt(path: string): 'file' | 'folder' | undefined {
  const there = statSync(path, { throwIfNoEntry: false });
  return there?.isFile() ? 'file' : there?.isDirectory() ? 'folder' : undefined;
}
