import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { HOME } from '../home.ts';
import type { Engine } from './engine.ts';
import type { OnBytes } from './image-store.ts';
import { BASE_TAG } from './images.ts';
import { LABEL } from './labels.ts';

type Tell = (line: string) => void;

/** A registry as Docker names it: a host with a dot or a port, or localhost, and folders below it. */
const REGISTRY =
  /^(localhost|[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+|[a-z0-9.-]+(?=:))(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

/**
 * Returns the registry that the user names, here or in LAB_REGISTRY; undefined if none. Throws a usage failure if it is no
 * name of a registry.
 */
export function registryNamed(given = process.env['LAB_REGISTRY']): string | undefined {
  if (!given) return undefined;
  if (!REGISTRY.test(given)) throw new Failure('invalid-registry', { given });
  return given;
}

/** Returns the file that records what was pushed: LAB_PUSHED, or the project's own. */
export function recordFile(): string {
  return process.env['LAB_PUSHED'] || join(HOME, 'images', 'pushed.json');
}

/** Returns the digests that images had in a registry when they were pushed, by their tags. Throws if the file is no record. */
export function recorded(): Readonly<Record<string, string>> {
  const file = recordFile();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Failure('no-image-record', { file, why: (error as Error).message });
  }
  try {
    const found = JSON.parse(text) as Readonly<Record<string, string>>;
    if (Object.values(found).every((digest) => /^sha256:[0-9a-f]{64}$/.test(digest))) return found;
  } catch {
    // It is told below.
  }
  throw new Failure('no-image-record', { file, why: 'it is no list of tags and digests (sha256:...)' });
}

/** Writes the digest of an image that was pushed, in place of an earlier one of the same image. */
function record(tag: string, digest: string): void {
  const name = nameOf(tag);
  const others = Object.entries(recorded()).filter(([other]) => nameOf(other) !== name);
  const sorted = [...others, [tag, digest] as const].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(recordFile(), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

const nameOf = (tag: string) => tag.split(':')[0] ?? tag;

/** Pushes an image under its own tag, and records the digest that it has there. */
export async function pushImage(engine: Engine, tag: string, registry: string, tell: Tell): Promise<void> {
  const there = `${registry}/${tag}`;
  await engine.store.tag(tag, there);
  try {
    const digest = await engine.store.push(there, steps(`pushing ${tag}`, tell));
    record(tag, digest);
    tell(`pushed ${there}, ${digest}`);
  } catch (error) {
    throw new Failure('image-not-pushed', { image: there, said: (error as Error).message.trim() });
  } finally {
    await engine.store.remove(there);
  }
}

/**
 * Pulls an image by its tag, if the registry has it as it was recorded when it was pushed. Returns why it does not come from
 * there, if it does not. Throws `image-refused` if the tag holds another image, or one that is not what its tag says: it is
 * not kept.
 */
export async function pullImage(
  engine: Engine,
  tag: string,
  registry: string,
  tell: Tell,
): Promise<string | undefined> {
  const wanted = recorded()[tag];
  if (wanted === undefined)
    return `${recordFile()} has no digest of it, so nothing tells whether it would be the right one`;
  let held: string | undefined;
  try {
    held = await engine.store.held(`${registry}/${tag}`);
  } catch (error) {
    return `the registry does not answer: ${(error as Error).message.trim()}`;
  }
  if (held === undefined) return 'the registry does not have it';
  const refuse = (why: string) => new Failure('image-refused', { image: `${registry}/${tag}`, why });
  if (held !== wanted) throw refuse(`its digest is ${held}, and ${recordFile()} has ${wanted}`);
  const there = `${registry}/${nameOf(tag)}@${wanted}`;
  tell(`pulling ${registry}/${tag}`);
  try {
    await engine.store.pull(there, steps(`pulling ${tag}`, tell));
  } catch (error) {
    return `the registry does not give it: ${(error as Error).message.trim()}`;
  }
  try {
    const [image, { arch }] = [await engine.image(there), await engine.info()];
    if (image?.arch !== arch) return `it is for ${image?.arch}, and the engine's machine is ${arch}`;
    const says = image.labels[LABEL.digest];
    if (tag !== BASE_TAG && says !== tag) throw refuse(`its label ${LABEL.digest} is ${says ?? 'missing'}`);
    await engine.store.tag(there, tag);
    return undefined;
  } finally {
    await engine.store.remove(there); // with it goes an image that has no other name
  }
}

/** Bytes of a transfer between two lines about it. */
const STEP = 25e6;

/** Returns what tells how much of a transfer is done, a line for each 25 MB. */
function steps(what: string, tell: Tell): OnBytes {
  let last = 0;
  return (done, total) => {
    if (Math.floor(done / STEP) <= last) return;
    last = Math.floor(done / STEP);
    tell(`${what}: ${megabytes(done)} of ${megabytes(total)}`);
  };
}

/** Returns bytes as megabytes: `45 MB`. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
