import { gunzipSync, gzipSync } from 'node:zlib';
import type { Lab } from '../lab/model.ts';

/** Labels by which everything that lvslab makes is known. */
export const LABEL = {
  /** The running copy's name; on every container. */
  lab: 'lvslab.lab',
  /** The node's name; empty on the fabric. */
  node: 'lvslab.node',
  kind: 'lvslab.kind',
  /** The kernel it was made for. */
  kernel: 'lvslab.kernel',
  /** On nodes: what the fabric knows it by. */
  token: 'lvslab.token',
  /** On the fabric: the resolved lab, so that a running lab needs no file. */
  definition: 'lvslab.definition',
  /** On images: digest of the folder that it was built from. */
  digest: 'lvslab.digest',
} as const;

/** Name of a lab's fabric container, and of its nodes'. */
export function containerName(lab: string, node?: string): string {
  return node === undefined ? `lvslab.${lab}` : `lvslab.${lab}.${node}`;
}

/** The lab as a label's text. */
export function packLab(lab: Lab): string {
  return gzipSync(JSON.stringify(lab)).toString('base64');
}

/** The lab in a label's text. Throws when it is none: another version made it. */
export function unpackLab(text: string): Lab {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString('utf8')) as Lab;
}
