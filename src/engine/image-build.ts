import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { Failure } from '../failure.ts';
import type { ContainerNeeds, Engine } from './engine.ts';
import { BASE_TAG, filesIn, type Image, imageTag, isOwn } from './images.ts';
import { LABEL } from './labels.ts';
import { Refusal } from './refusal.ts';

type Tell = (line: string) => void;

const BASE_REFERENCE = 'debian:trixie-slim';
/** What nobody reads in a container, left out as Debian's own slim images leave it out. */
const UNREAD = ['doc', 'man', 'info', 'locale'].map((folder) => `/usr/share/${folder}/*`);
/** What a container needs that only prints a file. */
const NOTHING: ContainerNeeds = {
  capabilities: [],
  devices: [],
  tmpfs: {},
  writableNetSysctls: false,
  memoryMb: 64,
};

/** What the engine itself prints in a build. */
const ENGINES_OWN = /^(Removing intermediate container| ---> |Step \d)/;

/** Builds an image on the one below it, which the engine must have. Leaves no stage of the build behind. */
export async function buildImage(engine: Engine, image: Image, tell: Tell, detail: Tell): Promise<void> {
  const tag = imageTag(image);
  const base = image.on ? imageTag(image.on) : BASE_TAG;
  tell(`building image ${tag}`);
  const labels = { [LABEL.digest]: tag, [LABEL.on]: base, ...(isOwn(image) ? { [LABEL.own]: 'yes' } : {}) };
  const build = randomUUID();
  const values = { BASE: base, BUILD: build, ...image.arguments };
  let last = '';
  const onLine = (line: string) => {
    if (!ENGINES_OWN.test(line)) last = line;
    detail(line);
  };
  try {
    await engine.store.build(context(image), { tag, labels, arguments: values }, onLine);
    if (image.tells) await label(engine, tag, { ...labels, ...(await told(engine, tag, image.tells)) });
  } catch (error) {
    // The engine tells the command that failed; what that said itself is the last line before.
    throw new Failure('image-not-built', { image: tag, said: `${(error as Error).message.trim()}\n${last}`.trim() });
  } finally {
    await removeStages(engine, `${LABEL.build}=${build}`);
  }
}

/** Removes the stages that builds have left, by their label; returns the bytes of those that are gone. */
export async function removeStages(engine: Engine, stagesWith: string): Promise<number> {
  let bytes = 0;
  for (const stage of await engine.store.list({ unnamedWith: stagesWith }))
    if (await engine.store.remove(stage.id)) bytes += stage.bytes;
  return bytes;
}

/** Returns labels with the text of files of an image. */
async function told(engine: Engine, tag: string, files: Readonly<Record<string, string>>) {
  const texts = Object.entries(files).map(async ([name, file]) => {
    const { stdout } = await engine.runOnce(tag, ['cat', file], NOTHING, { [LABEL.kind]: 'build' });
    return [name, stdout.trim()] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** Gives an image labels: only a build can. */
async function label(engine: Engine, tag: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, `FROM ${tag}\n`);
  tar.finalize();
  await engine.store.build(tar as unknown as Readable, { tag, labels, arguments: {} }, () => undefined);
}

function context(image: Image): Readable {
  const tar = pack();
  for (const { name, path } of filesIn(image))
    tar.entry({ name, mode: statSync(path).mode & 0o777 }, readFileSync(path));
  tar.finalize();
  return tar as unknown as Readable;
}

/** Creates the base image: pulls Debian's own, or builds it from the Debian mirror. */
export async function buildBase(engine: Engine, tell: Tell, detail: Tell): Promise<void> {
  tell(`pulling ${BASE_REFERENCE}`);
  try {
    await engine.store.pull(BASE_REFERENCE);
    await engine.store.tag(BASE_REFERENCE, BASE_TAG);
    return;
  } catch (error) {
    if (error instanceof Failure && !(error instanceof Refusal)) throw error;
    tell('no registry answers; building the base image from the Debian mirror with mmdebstrap');
  }
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-base-'));
  try {
    const tar = join(folder, 'base.tar');
    await mmdebstrap(tar, detail);
    await engine.store.importImage(createReadStream(tar), BASE_TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Creates the root file system of a small Debian as a tar. */
async function mmdebstrap(tar: string, detail: (line: string) => void): Promise<void> {
  const left = [...UNREAD.map((path) => `path-exclude=${path}`), 'path-include=/usr/share/doc/*/copyright'];
  const words = ['--variant=minbase', ...left.map((option) => `--dpkgopt=${option}`)];
  const child = spawn('mmdebstrap', [...words, 'trixie', tar], { stdio: ['ignore', 'ignore', 'pipe'] });
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
