import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of a user's build of DPVS, if LAB_DPVS names none. */
const STANDARD_FOLDER = '/opt/dpvs/bin';
/** The programs of a build. */
export const PROGRAMS = ['dpvs', 'dpip', 'ipvsadm', 'keepalived'] as const;

/** Returns the folder in which a user's own build of DPVS is looked for: LAB_DPVS, else /opt/dpvs/bin. */
export function buildFolder(): string {
  return resolve(process.env['LAB_DPVS'] || STANDARD_FOLDER);
}

/** Returns why that folder has no complete build; undefined if it has one. */
export function whyNoBuild(folder = buildFolder()): string | undefined {
  const named = process.env['LAB_DPVS']
    ? 'LAB_DPVS or --dpvs names'
    : 'LAB_DPVS names no folder, so it is looked for in';
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder)
    return `there is no build of DPVS: ${named} ${folder}, which is no folder; set LAB_DPVS or --dpvs to the bin folder of your own build`;
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
