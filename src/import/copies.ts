import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { megabytes, takeFile } from '../lab/take.ts';
import type { Director } from './conf.ts';
import { HOME_OF_CONF, localOf, realFolder } from './files.ts';
import type { Copies } from './given.ts';
import { missing } from './health.ts';
import { IMPORT_LIMITS } from './limits.ts';
import type { Conf } from './reader.ts';
import type { Told } from './told.ts';

/** A file that the import writes beside the lab file. */
export interface Written {
  readonly path: string;
  readonly bytes: Buffer;
  /** Its permission bits (chmod(2)). */
  readonly mode: number;
}

/** A director's files: where each is in the lab's folder, and what is written there. */
export interface Taken {
  readonly copies: Copies;
  readonly written: readonly Written[];
  /** Paths on the real machine of the programs that are here. */
  readonly programs: readonly string[];
}

/** Maximum bytes of all files of one configuration. */
const MOST = 4 * 1024 * 1024;
/** Permission bits of a configuration: keepalived takes none that may be executed. */
const PLAIN = 0o644;

/**
 * Takes what a director's lab needs beside the lab file: its configuration with what it includes, byte for byte, and the
 * programs that it runs, if they are beside it (by their own path below its folder, or by their names in it).
 */
export function takeCopies(name: string, conf: Conf, director: Director, allowOutside: boolean, told: Told): Taken {
  const [main, ...included] = conf.files;
  const folder = realFolder(director.file);
  const files: Record<string, string> = {};
  const written: Written[] = [];
  let left = MOST;
  const write = (there: string, bytes: Buffer, mode: number): string => {
    left -= bytes.length;
    const inside = there.startsWith(`${HOME_OF_CONF}/`) ? there.slice(HOME_OF_CONF.length + 1) : there.slice(1);
    const path = join(name, inside);
    if (!written.some((w) => w.path === path)) written.push({ path, bytes, mode });
    return `./${path}`;
  };
  const keepalived = main ? write(join(HOME_OF_CONF, 'keepalived.conf'), main.bytes, PLAIN) : '';
  for (const file of included) files[file.there] = write(file.there, file.bytes, PLAIN);
  const programs: string[] = [];
  for (const { path, place } of director.programs) {
    const here = [localOf(path, folder), join(folder, path), join(folder, basename(path))]
      .map((p) => resolve(p))
      .find((p) => (allowOutside || p.startsWith(`${folder}/`)) && existsSync(p));
    if (here === undefined) continue;
    const taken = takeFile(here, { within: allowOutside ? undefined : folder, most: IMPORT_LIMITS.bytes });
    if (!taken.ok) {
      told.lose(place, `the program ${path} ${taken.error}; it is not copied`);
      continue;
    }
    files[path] = write(path, taken.value.bytes, taken.value.mode);
    programs.push(path);
  }
  if (left < 0)
    told.wrongFile(
      director.file,
      `has more than ${megabytes(MOST)} with what it includes and runs; that is the limit for lab import`,
    );
  for (const { path, place } of missing(director.programs, new Set(programs)))
    told.lose(place, `the program ${path} is not beside the configuration; in the lab keepalived does not find it`);
  return { copies: { keepalived, files }, written, programs };
}
