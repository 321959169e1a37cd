import type { Engine } from './engine.ts';
import { removeStages } from './image-build.ts';
import type { StoredImage } from './image-store.ts';
import { LABEL } from './labels.ts';

/** What a removal of outdated images did. */
export interface Pruned {
  readonly removed: readonly { readonly tag: string; readonly bytes: number }[];
  /** Images that stay, and why. */
  readonly kept: readonly { readonly tag: string; readonly why: string }[];
}

/** Returns whether an image is what this version of the project would make, or is built on such an image with programs of the user's. */
export function isCurrent(image: StoredImage, current: ReadonlySet<string>, all: readonly StoredImage[]): boolean {
  if (image.tags.some((tag) => current.has(tag))) return true;
  if (image.labels[LABEL.own] === undefined) return false;
  const on = image.labels[LABEL.on] ?? '';
  const below = all.find((other) => other.tags.includes(on));
  return current.has(on) || (below !== undefined && isCurrent(below, current, all));
}

/**
 * Removes images that another version of the project made: those whose label says so, and whose name is its own. An image
 * stays that a container uses, and one with programs of the user's that is built on a current image.
 */
export async function pruneImages(engine: Engine, tags: readonly string[]): Promise<Pruned> {
  const current = new Set(tags);
  const all = await engine.store.list({ reference: 'lvslab/*' });
  const used = await engine.store.used();
  const removed: { tag: string; bytes: number }[] = [];
  const kept: { tag: string; why: string }[] = [];
  // The newest first: an image after those that are built on it.
  for (const image of [...all].sort((a, b) => b.created - a.created)) {
    const tag = image.labels[LABEL.digest] ?? '';
    if (!image.tags.includes(tag) || isCurrent(image, current, all)) continue;
    if (used.has(image.id)) kept.push({ tag, why: 'a container uses it' });
    else if (await engine.store.remove(tag)) removed.push({ tag, bytes: image.bytes });
    else kept.push({ tag, why: 'the engine needs it for another image or container' });
  }
  return { removed, kept };
}

/** Removes what builds left that were ended by force: of their stages, and of the image itself. Returns its bytes. */
export async function pruneStages(engine: Engine): Promise<number> {
  return (await removeStages(engine, LABEL.build)) + (await removeStages(engine, LABEL.digest));
}
