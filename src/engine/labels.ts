import { gunzipSync, gzipSync } from 'node:zlib';
import type { Lab } from '../model/lab.ts';
import type { Container } from './engine.ts';

/** Labels that identify everything that lvslab creates. */
export const LABEL = {
  /** The running copy's name; on every container. */
  lab: 'lvslab.lab',
  /** The node's name; empty on the fabric. */
  node: 'lvslab.node',
  kind: 'lvslab.kind',
  /** The kernel that the node was created for. */
  kernel: 'lvslab.kernel',
  /** On nodes: the token by which the fabric identifies the node. */
  token: 'lvslab.token',
  /** On a node: ID of the fabric that it was created for. */
  fabric: 'lvslab.fabric',
  /** On the fabric: the creator, in words. */
  by: 'lvslab.by',
  /** On the fabric: the resolved lab, so that a running lab needs no file. */
  definition: 'lvslab.definition',
  /** On images: digest of the folder from which it was built. */
  digest: 'lvslab.digest',
  /** On images: the tag of the image on which it was built. */
  on: 'lvslab.on',
  /** On images: programs of the user's own are part of it. */
  own: 'lvslab.own',
  /** On images: the version of the User-Mode Linux package, and whether it is the proven one. */
  uml: 'lvslab.uml',
  /** On the stages of a build, which are no images for use: the build that left them (`ARG BUILD` of the Dockerfiles). */
  build: 'lvslab.build',
} as const;

/** Returns the name of a lab's fabric container, or of a node's container. */
export function containerName(lab: string, node?: string): string {
  return node === undefined ? `lvslab.${lab}` : `lvslab.${lab}.${node}`;
}

/** Returns whether a container is the fabric of its lab. */
export function isFabric(container: Container): boolean {
  return container.name === containerName(container.labels[LABEL.lab] ?? '');
}

/**
 * Returns the ID of the fabric that a container was created for (its own ID if it is a fabric): it identifies one of
 * several labs of the same name.
 */
export function fabricOf(container: Container): string | undefined {
  return isFabric(container) ? container.id : container.labels[LABEL.fabric];
}

/** Packs the lab into a label's text. */
export function packLab(lab: Lab): string {
  return gzipSync(JSON.stringify(lab)).toString('base64');
}

/** Maximum size of a lab after unpacking; a lab of 300 nodes takes a megabyte. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The lists that every lab has. */
const LISTS = ['segments', 'nodes', 'services', 'snat', 'vrrp', 'ospf', 'scenario'] as const satisfies (keyof Lab)[];

/** Returns the lab in a label's text. Throws if it is not one: another version, or another program, wrote it. */
export function unpackLab(text: string): Lab {
  const packed = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES });
  const lab = JSON.parse(packed.toString('utf8')) as Lab | null;
  if (typeof lab?.name !== 'string' || typeof lab.lab !== 'string' || !LISTS.every((list) => Array.isArray(lab[list])))
    throw new Error('this lab was created by another version');
  return lab;
}
