import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine, ImageDetails } from '../../engine/engine.ts';
import { type Image, NODE } from '../../engine/images.ts';

/** The folder of a user's build of DPVS, if LAB_DPVS names none. */
const STANDARD_FOLDER = '/opt/dpvs/bin';
/** The programs of a build. */
export const PROGRAMS = ['dpvs', 'dpip', 'ipvsadm', 'keepalived'] as const;
/** The PATH of an image that names none (Docker's own), and where builds of DPVS put their programs. */
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OWN_FOLDERS = '/dpvs/bin:/opt/dpvs/bin';
/** Where programs of an image find their libraries, after its own LD_LIBRARY_PATH. */
const LIBRARY_FOLDERS = ['/usr/local/lib', '/usr/lib', '/lib'].flatMap((folder) => [
  `${folder}/x86_64-linux-gnu`,
  `${folder}/aarch64-linux-gnu`,
  `${folder}64`,
  folder,
]);

/** The run time of DPVS: libraries and scripts, on which both kinds of build are put. */
export const RUNTIME: Image = { name: 'dpvs-runtime', on: NODE };

/** Where a user's own build of DPVS is: in a folder of this machine, or in an image of the engine. */
export type Build =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'image'; readonly reference: string };

/**
 * Returns where the user's build is: what LAB_DPVS names, else /opt/dpvs/bin. Words that begin as a path does, and names of
 * files that exist, are folders; everything else is the name of an image.
 */
export function buildNamed(): Build {
  const named = process.env['LAB_DPVS'] || STANDARD_FOLDER;
  return /^[./~]/.test(named) || existsSync(named)
    ? { kind: 'folder', folder: resolve(named) }
    : { kind: 'image', reference: named };
}

/** The images that were looked for on the engine; undefined for one that it does not have. */
const looked = new Map<string, ImageDetails | undefined>();

/** Looks for the build on the engine, if it is an image; afterwards `whyNoBuild` and `buildImage` know it. */
export async function lookForBuild(engine: Engine): Promise<void> {
  const build = buildNamed();
  if (build.kind === 'image') looked.set(build.reference, await engine.image(build.reference));
}

/** Returns why there is no complete build; undefined if there is one, or an image that was not looked for yet. */
export function whyNoBuild(build = buildNamed()): string | undefined {
  if (build.kind === 'folder') return whyNoFolder(build.folder);
  const { reference } = build;
  return looked.has(reference) && looked.get(reference) === undefined
    ? `there is no build of DPVS: LAB_DPVS or --dpvs names ${reference}, which is neither a folder here nor an image of the engine; ` +
        `load the image (docker load, docker pull), or name the bin folder of your own build`
    : undefined;
}

function whyNoFolder(folder: string): string | undefined {
  const named = process.env['LAB_DPVS']
    ? 'LAB_DPVS or --dpvs names'
    : 'LAB_DPVS names no folder, so it is looked for in';
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder)
    return `there is no build of DPVS: ${named} ${folder}, which is no folder; set LAB_DPVS or --dpvs to the bin folder of your own build, or to an image that has it`;
  const lacks = PROGRAMS.filter((program) => !isReadable(join(folder, program)));
  return lacks.length > 0 ? `the build of DPVS in ${folder} has no ${lacks.join(', ')}` : undefined;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Returns the image of a director with the user's build. */
export function buildImage(build = buildNamed()): Image {
  if (build.kind === 'folder') return { name: 'dpvs', on: RUNTIME, brings: build.folder };
  const { id = '', env = {} } = looked.get(build.reference) ?? {};
  return {
    name: 'dpvs-taken',
    own: true,
    on: RUNTIME,
    arguments: {
      GIVEN: build.reference,
      ID: id,
      PROGRAMS: [env['PATH'] || USUAL_PATH, OWN_FOLDERS].join(':'),
      LIBRARIES: [...(env['LD_LIBRARY_PATH'] ? [env['LD_LIBRARY_PATH']] : []), ...LIBRARY_FOLDERS].join(':'),
    },
  };
}

/** Returns where the build is, in words for a person. */
export function buildWords(build = buildNamed()): string {
  if (build.kind === 'folder') return `folder ${build.folder}`;
  const found = looked.get(build.reference);
  return `image ${build.reference}${found ? ` of the engine (${found.id.slice(0, 19)}, ${Math.round(found.bytes / 1e6)} MB)` : ''}`;
}
