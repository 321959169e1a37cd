import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '../engine/images.ts';
import { kindAt, ownBuild } from '../engine/own-build.ts';
import { script } from '../shell.ts';
import { DAEMONS } from './domain.ts';

/** The programs of FRR that nodes run. */
const PROGRAMS: readonly string[] = ['mgmtd', 'zebra', 'bfdd', ...DAEMONS, 'vtysh'];
/** Where they are in a node, if they are the user's; the image links to them from where FRR's own are. */
const PLACE = '/opt/frr';
/** The name by which programs ask for a library: with its version, without the rest (`libfrr.so.0`). */
const LIBRARY = /^lib.+\.so\.\d+$/;
/** Maximum depth of folders below the one that the user names: an installed tree has 5. */
const MOST_DEEP = 8;
/** The first bytes of a program or library (elf(5)); a build has scripts of the same names beside its programs. */
const MAGIC = '\x7fELF';

/** The user's build of FRR: files by their names. */
type Build = Readonly<Record<string, string>>;

/** Returns the folder with the user's build of FRR, which LAB_FRR names; undefined if none is named. */
function ownFrr(): string | undefined {
  return ownBuild('LAB_FRR');
}

/** Returns why the user's build of FRR cannot be taken; undefined if it can, or none is named. */
export function whyNoFrr(): string | undefined {
  const own = ownFrr();
  if (own === undefined) return undefined;
  const named = `LAB_FRR or --frr names ${own}, `;
  if (kindAt(own) !== 'folder')
    return `${named}which is no folder; name the folder in which FRR was built or installed`;
  const lacks = ['mgmtd', 'zebra'].filter((name) => buildIn(own)[name] === undefined);
  return lacks.length === 0
    ? undefined
    : `${named}in which there is no program ${lacks.join(' and no ')}; name the folder in which FRR (9.0 or newer) was built or installed`;
}

/** Returns the image of a node that runs FRR: the given one, with the user's build in it if there is one. */
export function withOwnFrr(on: Image): Image {
  const own = ownFrr();
  return own === undefined ? on : { name: 'frr', on, brings: buildIn(own) };
}

/** Returns the programs and libraries of a build, from wherever they are in a folder; the first found of each name. */
function buildIn(folder: string): Build {
  const found: Record<string, string> = {};
  const look = (at: string, deep: number): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (deep < MOST_DEEP) look(path, deep + 1);
      } else if (
        (PROGRAMS.includes(entry.name) || LIBRARY.test(entry.name)) &&
        found[entry.name] === undefined &&
        kindAt(path) === 'file' &&
        isElf(path)
      )
        found[entry.name] = path;
    }
  };
  look(folder, 0);
  return found;
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const first = Buffer.alloc(MAGIC.length);
    readSync(file, first, 0, first.length, 0);
    return first.toString('latin1') === MAGIC;
  } finally {
    closeSync(file);
  }
}

/**
 * Returns a check of each of these daemons that is the user's own: it must start, which it does not without its
 * libraries; the loader names the one that is missing.
 */
export function ownFrrChecks(
  daemons: readonly string[],
): readonly { readonly program: string; readonly file: string; readonly command: readonly string[] }[] {
  const own = ownFrr();
  const build = own === undefined ? {} : buildIn(own);
  return daemons
    .filter((name) => build[name] !== undefined)
    .map((name) => `${PLACE}/${name}`)
    .map((file) => ({ program: 'the node', file, command: script('check-frr', file) }));
}
