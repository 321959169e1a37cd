import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { Failure } from '../failure.ts';
import type { Engine } from './engine.ts';
import { BASE_TAG } from './images.ts';
import { LABEL } from './labels.ts';

/** Bytes of the largest description of an image that is read. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Writes images to a file, which is there whole or not at all. */
export async function saveImages(engine: Engine, tags: readonly string[], file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(await engine.store.save(tags), createWriteStream(part, { flags: 'wx' }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Failure('image-file', { file, why: (error as Error).message });
  }
}

/**
 * Gives the engine the images of a file, and returns their tags. Throws, and loads nothing, if the file has an image that is
 * none of these, or that is not what its tag says: a load would give any name to any image.
 */
export async function loadImages(engine: Engine, tags: readonly string[], file: string): Promise<readonly string[]> {
  const found = await labelsIn(file).catch((error: unknown) => {
    throw new Failure('image-file', { file, why: (error as Error).message });
  });
  const wrong = [...found].find(([tag, says]) => !tags.includes(tag) || (tag !== BASE_TAG && says !== tag));
  if (wrong) {
    const [tag, says] = wrong;
    const why = tags.includes(tag)
      ? `its image ${tag} is another one: its label ${LABEL.digest} is ${says ?? 'missing'}`
      : `it has ${tag}, which is no image of this version; it needs ${tags.join(', ')}`;
    throw new Failure('image-file', { file, why });
  }
  if (found.size === 0) throw new Failure('image-file', { file, why: 'it has no images' });
  await engine.store.load(createReadStream(file));
  return [...found.keys()];
}

interface Described {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
}

/** Returns the tags in a file of `docker save`, each with what the label of its image says. */
async function labelsIn(file: string): Promise<ReadonlyMap<string, string | undefined>> {
  const texts = new Map<string, string>();
  const tar = extract();
  tar.on('entry', ({ name, size = 0, type }, content, next) => {
    const chunks: Buffer[] = [];
    const wanted = type === 'file' && size <= MOST_BYTES;
    content.pipe(
      new Writable({
        write: (chunk: Buffer, _, done) => {
          // Layers are no text: what begins with a brace or bracket is a description.
          if (wanted && (chunks.length > 0 || chunk[0] === 0x7b || chunk[0] === 0x5b)) chunks.push(chunk);
          done();
        },
        final: (done) => {
          if (chunks.length > 0) texts.set(name, Buffer.concat(chunks).toString());
          done();
          next();
        },
      }),
    );
  });
  await pipeline(createReadStream(file), tar);
  const described = JSON.parse(texts.get('manifest.json') ?? 'null') as readonly Described[] | null;
  if (described === null) throw new Error('it is no file of `lab images save`: it has no manifest.json');
  return new Map(
    described.flatMap(({ Config: name, RepoTags: named }) => {
      const config = JSON.parse(texts.get(name) ?? 'null') as {
        config?: { Labels?: Record<string, string> | null };
      } | null;
      return (named ?? []).map((tag) => [tag, config?.config?.Labels?.[LABEL.digest]] as const);
    }),
  );
}
