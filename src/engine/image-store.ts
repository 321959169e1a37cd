import type { Readable } from 'node:stream';

/** What an image is built with, beside the files of its folder. */
export interface ImageSpec {
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Values of the `ARG` lines of its Dockerfile. */
  readonly arguments: Readonly<Record<string, string>>;
}

/** An image that the engine has. */
export interface StoredImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** How much of a transfer is done, in bytes; the total grows while the engine learns of more layers. */
export type OnBytes = (done: number, total: number) => void;

/** The images of the engine, and how they come and go. */
export interface ImageStore {
  /** Returns images by their names (`lvslab/*`), or those without a name that have a label. */
  list(which: { readonly reference: string } | { readonly unnamedWith: string }): Promise<readonly StoredImage[]>;
  /** Returns IDs of the images from which containers were created, running or not. */
  used(): Promise<ReadonlySet<string>>;
  /** Gives an image another name. */
  tag(reference: string, tag: string): Promise<void>;
  /**
   * Takes a name from an image, or removes one by its ID, with those below it that have no name; the engine removes an
   * image with its last name. Returns false if the engine refuses, because a container or another image needs it; no
   * error if it is gone.
   */
  remove(reference: string): Promise<boolean>;
  /** Returns the digest that a name has in its registry; undefined if the registry does not have it. */
  held(reference: string): Promise<string | undefined>;
  /** Pulls an image by its name, or by its digest (`name@sha256:...`), which the engine then verifies. */
  pull(reference: string, onBytes?: OnBytes): Promise<void>;
  /** Pushes an image, and returns the digest that it has in its registry. */
  push(reference: string, onBytes?: OnBytes): Promise<string>;
  /** Returns images as a tar (`docker save`). */
  save(tags: readonly string[]): Promise<Readable>;
  /** Takes the images of such a tar (`docker load`), with their names. */
  load(tar: Readable): Promise<void>;
  /** Creates an image from a root file system's tar. */
  importImage(tar: Readable, tag: string): Promise<void>;
  /** Builds an image from a tar of its folder; throws with the step that failed. */
  build(context: Readable, image: ImageSpec, onLine: (line: string) => void): Promise<void>;
}
