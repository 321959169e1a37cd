import { Failure } from '../failure.ts';
import type { Engine } from './engine.ts';
import { buildBase, buildImage } from './image-build.ts';
import { BASE_TAG, type Image, imageTag, inOrder, isOwn } from './images.ts';
import { pullImage, registryNamed } from './registry.ts';

type Tell = (line: string) => void;

/** Where missing images come from, beside a build. */
export interface Sources {
  /** The registry; LAB_REGISTRY if absent. */
  readonly registry?: string | undefined;
  /** Receives every line of a build. */
  readonly detail?: Tell;
}

/**
 * Makes those of the images ready that the engine lacks: pulls them, if a registry is named and has them, else builds them on
 * the images below them.
 */
export async function ensureImages(
  engine: Engine,
  images: readonly Image[],
  tell: Tell,
  { registry, detail = () => undefined }: Sources = {},
): Promise<void> {
  const from = registryNamed(registry);
  for (const image of inOrder(images)) {
    const tag = imageTag(image);
    if (await engine.hasImage(tag)) continue;
    if (from !== undefined && !isOwn(image) && (await fromRegistry(engine, tag, from, tell))) continue;
    if (!image.on && !(await engine.hasImage(BASE_TAG))) {
      const pulled = from !== undefined && (await fromRegistry(engine, BASE_TAG, from, tell));
      if (!pulled) await buildBase(engine, tell, detail);
    }
    await buildImage(engine, image, tell, detail);
  }
}

/** Pulls an image; tells why it is not, if it is not. An image that is refused is built, as one that is not there. */
async function fromRegistry(engine: Engine, tag: string, registry: string, tell: Tell): Promise<boolean> {
  try {
    const why = await pullImage(engine, tag, registry, tell);
    if (why !== undefined) tell(`${tag} is not taken from ${registry}: ${why}`);
    return why === undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'image-refused') throw error;
    tell(`${error.message}; it is made here`);
    return false;
  }
}
