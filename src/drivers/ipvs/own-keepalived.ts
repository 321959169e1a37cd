import { type Image, NODE } from '../../engine/images.ts';
import { kindAt, ownBuild } from '../../engine/own-build.ts';
import { shell } from '../../shell.ts';

/** Returns the keepalived of the user's that directors of kernel LVS run: what LAB_KEEPALIVED names, if anything. */
function ownKeepalived(): string | undefined {
  return ownBuild('LAB_KEEPALIVED');
}

/** Returns why the keepalived that the user names cannot be taken; undefined if it can, or none is named. */
export function whyNoKeepalived(): string | undefined {
  const own = ownKeepalived();
  return own === undefined || kindAt(own) === 'file'
    ? undefined
    : `LAB_KEEPALIVED or --keepalived names ${own}, which is no file; name the program that your build made (bin/keepalived in keepalived's source tree)`;
}

/** Returns the image of a director of kernel LVS, with the user's keepalived, if there is one. */
export function directorImage(): Image {
  const own = ownKeepalived();
  return own === undefined ? NODE : { name: 'keepalived', on: NODE, brings: own };
}

/** Prints what runs on a director: the keepalived of the user's tells its version. */
export const ABOUT = shell('[ ! -e /opt/keepalived ] || keepalived --version 2>&1 | head -n 1');
