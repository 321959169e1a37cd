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

/** The images of the project: each has a folder in images/. */
export const IMAGES = ['node'] as const;
export type ImageName = (typeof IMAGES)[number];

function folderOf(image: ImageName): string {
  return join(HOME, 'images', image);
}

function filesOf(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? filesOf(folder, join(below, e.name)) : [join(below, e.name)]))
    .filter((f) => !f.endsWith('.md'))
    .sort();
}

/** Returns the tag of an image for the current content of its folder: other content has another tag. */
export function imageTag(image: ImageName): string {
  const hash = createHash('sha256');
  for (const file of filesOf(folderOf(image)))
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(folderOf(image), file)))
      .update('\0');
  return `lvslab/${image}:${hash.digest('hex').slice(0, 12)}`;
}

export interface ImageState {
  readonly name: string;
  readonly tag: string;
  readonly present: boolean;
  readonly bytes: number;
}

/** Returns the project's images, and whether the engine has them in the right version. */
export async function imageStates(engine: Engine): Promise<readonly ImageState[]> {
  const wanted = [{ name: 'base', tag: BASE_TAG }, ...IMAGES.map((name) => ({ name, tag: imageTag(name) }))];
  return Promise.all(
    wanted.map(async ({ name, tag }) => {
      const [image] = await engine.images(tag);
      return { name, tag, present: image !== undefined, bytes: image?.bytes ?? 0 };
    }),
  );
}

/** Builds every image that the engine lacks; `tell` receives a line for each step. Does nothing if all are there. */
export async function ensureImages(
  engine: Engine,
  tell: (line: string) => void,
  detail: (line: string) => void = () => undefined,
): Promise<void> {
  for (const name of IMAGES) {
    const tag = imageTag(name);
    if (await engine.hasImage(tag)) continue;
    await ensureBase(engine, tell, detail);
    tell(`building image ${tag}`);
    try {
      await engine.build(await context(name), tag, { [LABEL.digest]: tag }, detail);
    } catch (error) {
      throw new Failure('image-not-built', { image: tag, said: (error as Error).message.trim() });
    }
  }
}

async function context(name: ImageName): Promise<Readable> {
  const tar = pack();
  for (const file of filesOf(folderOf(name))) {
    const path = join(folderOf(name), file);
    tar.entry({ name: file, mode: statSync(path).mode & 0o777 }, readFileSync(path));
  }
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
