import { gunzipSync, gzipSync } from 'node:zlib';
import type { Lab } from '../model/lab.ts';
import type { Container } from './engine.ts';

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
  /** On a node: id of the fabric that it was made for. */
  fabric: 'lvslab.fabric',
  /** On the fabric: who made it, in words. */
  by: 'lvslab.by',
  /** On the fabric: the resolved lab, so that a running lab needs no file. */
  definition: 'lvslab.definition',
  /** On images: digest of the folder that it was built from. */
  digest: 'lvslab.digest',
} as const;

/** Name of a lab's fabric container, and of its nodes'. */
export function containerName(lab: string, node?: string): string {
  return node === undefined ? `lvslab.${lab}` : `lvslab.${lab}.${node}`;
}

/** Whether a container is the fabric of its lab. */
export function isFabric(container: Container): boolean {
  return container.name === containerName(container.labels[LABEL.lab] ?? '');
}

/** Id of the fabric that a container was made for, its own where it is one: which of a name's labs it belongs to. */
export function fabricOf(container: Container): string | undefined {
  return isFabric(container) ? container.id : container.labels[LABEL.fabric];
}

/** The lab as a label's text. */
export function packLab(lab: Lab): string {
  return gzipSync(JSON.stringify(lab)).toString('base64');
}

/** Longest that a lab may be once unpacked; one of 300 nodes takes a megabyte. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The lists that every lab has. */
const LISTS = ['segments', 'nodes', 'services', 'snat', 'vrrp', 'ospf', 'scenario'] as const satisfies (keyof Lab)[];

/** The lab in a label's text. Throws when it is none: another version made it, or somebody else. */
export function unpackLab(text: string): Lab {
  const packed = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES });
  const lab = JSON.parse(packed.toString('utf8')) as Lab | null;
  if (typeof lab?.name !== 'string' || typeof lab.lab !== 'string' || !LISTS.every((list) => Array.isArray(lab[list])))
    throw new Error('this lab was created by another version');
  return lab;
}
