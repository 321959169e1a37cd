import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOME } from '../home.ts';
import type { Engine } from './engine.ts';
import { LABEL } from './labels.ts';

/** The base of the images; pulled if a registry answers, else built from the Debian mirror. */
export const BASE_TAG = 'lvslab/base:trixie';

/** An image of the project: built from its folder in images/. */
export interface Image {
  readonly name: string;
  /** The image on which it is built; the base if absent. */
  readonly on?: Image;
  /**
   * A folder of the user on this machine whose files become part of it, in `brought/` of the build, or one file, which gets
   * the image's name there, or files by their names there: they are sent to the engine with the build, so that the engine
   * may be another machine.
   */
  readonly brings?: string | Readonly<Record<string, string>>;
  /** Values of the `ARG` lines of its Dockerfile, beside BASE. Another value makes another image. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Programs of the user's are part of it that come from elsewhere than `brings`. */
  readonly own?: true;
  /** Labels whose text is a file of the image, by the file's path: what only its build finds out. */
  readonly tells?: Readonly<Record<string, string>>;
}

/** The image of every node that needs no other. */
export const NODE: Image = { name: 'node', tells: { [LABEL.uml]: '/lab/uml-package' } };

/** Returns whether programs of the user's own are part of an image: such an image is not for others. */
export function isOwn(image: Image): boolean {
  return image.brings !== undefined || image.own === true || (image.on !== undefined && isOwn(image.on));
}

/** Returns the files of an image's folder, and of those that the user brings, by their names in the build. */
export function filesIn(image: Image): readonly { readonly name: string; readonly path: string }[] {
  const own = filesOf(folderOf(image)).map((name) => ({ name, path: join(folderOf(image), name) }));
  return [...own, ...broughtBy(image)];
}

function folderOf(image: Image): string {
  return join(HOME, 'images', image.name);
}

function filesOf(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? filesOf(folder, join(below, e.name)) : [join(below, e.name)]))
    .filter((f) => !f.endsWith('.md'))
    .sort();
}

/**
 * Returns the tag of an image for the current content of its folder: other content has another tag. Of the user's files,
 * which are large, size and time of modification count.
 */
export function imageTag(image: Image): string {
  const hash = createHash('sha256');
  const add = (name: string, content: string | Buffer) => hash.update(name).update('\0').update(content).update('\0');
  if (image.on) add('on', imageTag(image.on));
  for (const file of filesOf(folderOf(image))) add(file, readFileSync(join(folderOf(image), file)));
  for (const { path, name } of broughtBy(image)) {
    const { size, mtimeMs, mode } = statSync(path);
    add(name, `${size} ${mtimeMs} ${mode}`);
  }
  for (const [name, value] of Object.entries(image.arguments ?? {})) add(`argument ${name}`, value);
  return `lvslab/${image.name}:${hash.digest('hex').slice(0, 12)}`;
}

/** Returns the user's files that become part of an image, by their names in the build. */
function broughtBy({ name, brings }: Image): readonly { readonly name: string; readonly path: string }[] {
  if (brings === undefined) return [];
  if (typeof brings !== 'string')
    return Object.entries(brings).map(([file, path]) => ({ name: `brought/${file}`, path }));
  if (!statSync(brings).isDirectory()) return [{ name: `brought/${name}`, path: brings }];
  // A kernel's modules have links to its source: what is no file is left out.
  return filesOf(brings)
    .map((file) => ({ name: `brought/${file}`, path: join(brings, file) }))
    .filter(({ path }) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

export interface ImageState {
  readonly name: string;
  readonly tag: string;
  readonly present: boolean;
  readonly bytes: number;
}

/** Returns an image after those on which it is built. */
function withLower(image: Image): readonly Image[] {
  return [...(image.on ? withLower(image.on) : []), image];
}

/** Returns images after those on which they are built, each once; one name may stand on several images. */
export function inOrder(images: readonly Image[]): readonly Image[] {
  const all = images.flatMap(withLower);
  const names = all.map((image) =>
    withLower(image)
      .map((lower) => lower.name)
      .join(' '),
  );
  return all.filter((_, i) => names.indexOf(names[i] as string) === i);
}

/** Returns the base and these images, and whether the engine has them in the right version. */
export async function imageStates(engine: Engine, images: readonly Image[]): Promise<readonly ImageState[]> {
  const wanted = [
    { name: 'base', tag: BASE_TAG },
    ...inOrder(images).map((image) => ({ name: image.name, tag: imageTag(image) })),
  ];
  return Promise.all(
    wanted.map(async ({ name, tag }) => {
      const [image] = await engine.store.list({ reference: tag });
      return { name, tag, present: image !== undefined, bytes: image?.bytes ?? 0 };
    }),
  );
}
