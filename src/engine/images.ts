import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { Failure } from '../failure.ts';
import { HOME } from '../home.ts';
import type { Engine } from './engine.ts';
import { LABEL } from './labels.ts';
import { Refusal } from './refusal.ts';

/** The base of the images; pulled if a registry answers, else built from the Debian mirror. */
export const BASE_TAG = 'lvslab/base:trixie';
const BASE_REFERENCE = 'debian:trixie-slim';

/** An image of the project: built from its folder in images/. */
export interface Image {
  readonly name: string;
  /** The image on which it is built; the base if absent. */
  readonly on?: Image;
  /**
   * A folder of the user on this machine whose files become part of it, in `brought/` of the build, or one file, which gets
   * the image's name there: they are sent to the engine with the build, so that the engine may be another machine.
   */
  readonly brings?: string;
  /** Values of the `ARG` lines of its Dockerfile, beside BASE. Another value makes another image. */
  readonly arguments?: Readonly<Record<string, string>>;
}

/** The image of every node that needs no other. */
export const NODE: Image = { name: 'node' };

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
  if (!statSync(brings).isDirectory()) return [{ name: `brought/${name}`, path: brings }];
  return filesOf(brings).map((file) => ({ name: `brought/${file}`, path: join(brings, file) }));
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

/** Returns images after those on which they are built, each once. */
function inOrder(images: readonly Image[]): readonly Image[] {
  const all = images.flatMap(withLower);
  return all.filter((image, i) => all.findIndex((other) => other.name === image.name) === i);
}

/** Returns the base and these images, and whether the engine has them in the right version. */
export async function imageStates(engine: Engine, images: readonly Image[]): Promise<readonly ImageState[]> {
  const wanted = [
    { name: 'base', tag: BASE_TAG },
    ...inOrder(images).map((image) => ({ name: image.name, tag: imageTag(image) })),
  ];
  return Promise.all(
    wanted.map(async ({ name, tag }) => {
      const [image] = await engine.images(tag);
      return { name, tag, present: image !== undefined, bytes: image?.bytes ?? 0 };
    }),
  );
}

/** Builds those of the images, and of the images below them, that the engine lacks. */
export async function ensureImages(
  engine: Engine,
  images: readonly Image[],
  tell: (line: string) => void,
  detail: (line: string) => void = () => undefined,
): Promise<void> {
  for (const image of inOrder(images)) {
    const tag = imageTag(image);
    if (await engine.hasImage(tag)) continue;
    if (!image.on) await ensureBase(engine, tell, detail);
    tell(`building image ${tag}`);
    try {
      const base = image.on ? imageTag(image.on) : BASE_TAG;
      await engine.build(
        await context(image),
        { tag, labels: { [LABEL.digest]: tag }, arguments: { BASE: base, ...image.arguments } },
        detail,
      );
    } catch (error) {
      throw new Failure('image-not-built', { image: tag, said: (error as Error).message.trim() });
    }
  }
}

async function context(image: Image): Promise<Readable> {
  const tar = pack();
  const own = filesOf(folderOf(image)).map((name) => ({ name, path: join(folderOf(image), name) }));
  for (const { name, path } of [...own, ...broughtBy(image)])
    tar.entry({ name, mode: statSync(path).mode & 0o777 }, readFileSync(path));
  tar.finalize();
  return tar as unknown as Readable;
}
async function ensureBase(engine: Engine, tell: (line: string) => void, detail: (line: string) => void): Promise<void> {
  if (await engine.hasImage(BASE_TAG)) return;
  tell(`pulling ${BASE_REFERENCE}`);
  try {
    await engine.pull(BASE_REFERENCE, BASE_TAG);
    return;
  } catch (error) {
    if (error instanceof Failure && !(error instanceof Refusal)) throw error;
    tell('no registry answers; building the base image from the Debian mirror with mmdebstrap');
  }
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-base-'));
  try {
    const tar = join(folder, 'base.tar');
    await mmdebstrap(tar, detail);
    await engine.importImage(createReadStream(tar), BASE_TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Creates the root file system of a small Debian as a tar. */
async function mmdebstrap(tar: string, detail: (line: string) => void): Promise<void> {
  const child = spawn('mmdebstrap', ['--variant=minbase', 'trixie', tar], { stdio: ['ignore', 'ignore', 'pipe'] });
  let last = '';
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk
      .toString()
      .split('\n')
      .filter((l) => l.trim() !== '')) {
      last = line;
      detail(line);
    }
  });
  const code = await new Promise<number | undefined>((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('close', (status) => resolve(status ?? 1));
  });
  if (code === undefined) {
    throw new Failure('no-base-image', {});
  }
  if (code !== 0) throw new Failure('base-image-not-built', { said: String(last) });
}
