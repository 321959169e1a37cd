import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { takeFile } from '../lab/take.ts';
import type { LabNode } from '../model/node.ts';
import { fail, ok, type Result } from '../result.ts';
import { IMPORT_LIMITS } from './limits.ts';
import { shownPath } from './told.ts';

/** The folder of keepalived's configuration on a real machine, which stands for the folder of the file that is given. */
export const HOME_OF_CONF = '/etc/keepalived';

/** A file of a configuration: where it is here, and where on the real machine. */
export interface FileAt {
  readonly local: string;
  readonly there: string;
}

/** Where the files of a configuration come from. */
export interface Files {
  /** Returns the files that a path of the real machine names, sorted as a shell would; its last part may have wildcards. */
  find(path: string): readonly FileAt[];
  /** Returns the bytes of a file, or what is wrong with it as the end of a sentence that begins with its name. */
  take(file: FileAt): Result<Buffer, string>;
  /** Returns why `find` found nothing at a path, and what to do. */
  missing(path: string): string;
}

/** Returns the files of this machine beside a configuration, and all others if they may be outside of its folder. */
export function filesBeside(main: string, allowOutside: boolean): Files {
  const folder = realFolder(main);
  return {
    find: (path) => {
      const wild = /[*?[{]/.test(basename(path));
      return expand(localOf(path, folder)).map((local) => ({
        local,
        there: wild ? join(dirname(path), basename(local)) : path,
      }));
    },
    take: ({ local }) => {
      const taken = takeFile(local, { within: allowOutside ? undefined : folder, most: IMPORT_LIMITS.bytes });
      return taken.ok ? ok(taken.value.bytes) : fail(outsideWords(taken.error));
    },
    missing: (path) => `there is no such file at ${shownPath(localOf(path, folder))}; put it there to import it`,
  };
}

/** Returns the files of a lab's director: its own keepalived.conf and its `files`; `folder` is that of the lab file. */
export function filesOf({ keepalived, files }: Pick<LabNode, 'keepalived' | 'files'>, folder: string): Files {
  const held = { ...files, ...(keepalived ? { [join(HOME_OF_CONF, 'keepalived.conf')]: keepalived } : {}) };
  return {
    find: (path) => {
      const pattern = patternOf(basename(path));
      return Object.entries(held)
        .filter(([there]) => there === path || (dirname(there) === dirname(path) && pattern?.test(basename(there))))
        .map(([there, file]) => ({ there, local: join(folder, file.path) }));
    },
    take: ({ there }) => {
      const file = Object.hasOwn(held, there) ? held[there] : undefined;
      return file ? ok(Buffer.from(file.base64, 'base64')) : fail('is not there');
    },
    missing: (path) => `the lab gives the node no file ${path}`,
  };
}

/** Returns where a path of the real machine is here: what is in keepalived's folder there is beside the configuration. */
export function localOf(path: string, folder: string): string {
  return path.startsWith(`${HOME_OF_CONF}/`) ? resolve(folder, path.slice(HOME_OF_CONF.length + 1)) : path;
}

/** Returns the folder of a file, links resolved; the folder as given if it does not exist. */
export function realFolder(file: string): string {
  try {
    return realpathSync(dirname(resolve(file)));
  } catch {
    return dirname(resolve(file));
  }
}

function outsideWords(why: string): string {
  return why.startsWith('is outside the lab')
    ? 'is outside the folder of the configuration; --allow-outside lifts that'
    : why;
}

/** Returns the files that a path with wildcards in its last part names, sorted as a shell would. */
function expand(path: string): readonly string[] {
  const [folder, name] = [dirname(path), basename(path)];
  if (!/[*?[{]/.test(name)) return exists(path) ? [path] : [];
  const pattern = patternOf(name);
  const matches = (entry: string) => pattern?.test(entry) === true;
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && matches(entry.name) && !entry.name.startsWith('.'))
      .map((entry) => join(folder, entry.name))
      .sort();
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    return realpathSync(path) !== '';
  } catch {
    return false;
  }
}

/** Returns the regular expression of a wildcard (glob(7)) in one part of a path; undefined if it is none. */
function patternOf(glob: string): RegExp | undefined {
  const parts = glob.match(/\*+|\?|\[[^\]]+\]|\{[^{}]*\}|[^*?[{]+|./g) ?? [];
  const plain = (text: string) => text.replaceAll(/[.+^$()|[\]{}\\*?]/g, '\\$&');
  const one = (part: string) => {
    if (part.startsWith('*')) return '[^/]*';
    if (part === '?') return '[^/]';
    if (/^\[.+\]$/.test(part)) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    if (/^\{.*\}$/.test(part)) return `(${part.slice(1, -1).split(',').map(plain).join('|')})`;
    return plain(part);
  };
  try {
    return new RegExp(`^${parts.map(one).join('')}$`);
  } catch {
    return undefined;
  }
}
