import { counted } from '../counted.ts';
import { availableImages, projectImages } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { loadImages, saveImages } from '../engine/image-file.ts';
import { BASE_TAG, type Image, imageStates, imageTag, isOwn } from '../engine/images.ts';
import { pruneImages, pruneStages } from '../engine/outdated-images.ts';
import { ensureImages } from '../engine/ready-images.ts';
import { megabytes, pullImage, pushImage, recordFile, registryNamed } from '../engine/registry.ts';
import { EXIT, Failure } from '../failure.ts';
import { print, printJson, table } from '../output/print.ts';
import { withSession } from './session.ts';

/** Returns the project's images, and those with programs of the user's that are named here. */
function allImages(): readonly Image[] {
  return [...projectImages(), ...availableImages().filter(isOwn)];
}

/** Returns the tags of the images that others can have: the base, and those with the project's own programs only. */
function sharedTags(): readonly string[] {
  return [BASE_TAG, ...projectImages().map(imageTag)];
}

/** Runs a command that tells what it does, and the seconds that it took. */
async function timed(work: (engine: Engine, tell: (text: string) => void) => Promise<string>): Promise<number> {
  await withSession({}, async ({ engine, emit }) => {
    const tell = (text: string) => emit({ type: 'note', text });
    const began = performance.now();
    const done = await work(engine, tell);
    tell(`${done} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  });
  return EXIT.ok;
}

/** Returns the registry that must be named. Throws a usage failure if none is. */
function needsRegistry(verb: string, given: string | undefined): string {
  const registry = registryNamed(given);
  if (registry === undefined) throw new Failure('no-registry', { verb });
  return registry;
}

/** `lab images build`: makes the images ready that the engine lacks, by a pull or a build: those of most labs, or all. */
export function build(options: { all?: boolean; verbose?: boolean; registry?: string }): Promise<number> {
  return timed(async (engine, tell) => {
    await ensureImages(engine, options.all ? allImages() : availableImages(), tell, {
      registry: options.registry,
      ...(options.verbose ? { detail: tell } : {}),
    });
    return 'images are ready';
  });
}

/** `lab images list`: lists the images, and whether the engine has them in this version. */
export async function list(options: { json?: boolean }): Promise<number> {
  const own = new Set(allImages().filter(isOwn).map(imageTag));
  const states = await withSession({ quiet: true }, async ({ engine }) => imageStates(engine, allImages()));
  const rows = states.map((s) => ({ ...s, own: own.has(s.tag) }));
  if (options.json) printJson(rows);
  else
    print(
      table([
        ['IMAGE', 'TAG', 'STATE', 'SIZE', 'PROGRAMS'],
        ...rows.map((s) => [
          s.name,
          s.tag,
          s.present ? 'there' : 'missing',
          s.present ? megabytes(s.bytes) : '',
          s.own ? 'yours: not pushed or saved' : '',
        ]),
      ]),
    );
  return EXIT.ok;
}

/** Returns the tags that others can have and the engine has, and tells which it does not have. */
async function present(engine: Engine, tell: (text: string) => void): Promise<readonly string[]> {
  const tags: string[] = [];
  for (const tag of sharedTags())
    if (await engine.hasImage(tag)) tags.push(tag);
    else tell(`${tag} is left out: the engine does not have it; \`lab images build --all\` makes it`);
  for (const image of availableImages().filter(isOwn))
    tell(`${imageTag(image)} is left out: programs of yours are part of it`);
  if (tags.length === 0) throw new Failure('no-images', {});
  return tags;
}

/** `lab images push`: pushes the images that the engine has, apart from those with programs of the user's. */
export function push(options: { registry?: string }): Promise<number> {
  const registry = needsRegistry('push', options.registry);
  return timed(async (engine, tell) => {
    const tags = await present(engine, tell);
    for (const tag of tags) await pushImage(engine, tag, registry, tell);
    return `${counted(tags.length, 'image')} pushed to ${registry}, recorded in ${recordFile()}`;
  });
}

/** `lab images pull`: pulls every image with the project's own programs that is missing. Returns 3 if one does not come. */
export function pull(options: { registry?: string }): Promise<number> {
  const registry = needsRegistry('pull', options.registry);
  return timed(async (engine, tell) => {
    const reasons: string[] = [];
    let pulled = 0;
    for (const tag of sharedTags()) {
      if (await engine.hasImage(tag)) continue;
      const why = await pullImage(engine, tag, registry, tell);
      if (why === undefined) pulled++;
      else reasons.push(`${tag}: ${why}`);
    }
    if (reasons.length > 0) throw new Failure('images-not-pulled', { registry, reasons });
    return `${counted(pulled, 'image')} pulled, the others were there`;
  });
}

/** `lab images save FILE`: writes the images that the engine has, apart from those with programs of the user's. */
export function save(file: string): Promise<number> {
  return timed(async (engine, tell) => {
    const tags = await present(engine, tell);
    await saveImages(engine, tags, file);
    return `${counted(tags.length, 'image')} saved in ${file}: ${tags.join(', ')}`;
  });
}

/** `lab images load FILE`: gives the engine the images of a file that `lab images save` wrote. */
export function load(file: string): Promise<number> {
  return timed(async (engine) => {
    const tags = await loadImages(engine, sharedTags(), file);
    return `${counted(tags.length, 'image')} loaded: ${tags.join(', ')}`;
  });
}

/** `lab images prune`: removes images of other versions of the project that no container uses. */
export function prune(): Promise<number> {
  return timed(async (engine, tell) => {
    const tags = [...sharedTags(), ...availableImages().map(imageTag)];
    const { removed, kept } = await pruneImages(engine, tags);
    const stageBytes = await pruneStages(engine);
    for (const { tag, bytes } of removed) tell(`${tag} removed, ${megabytes(bytes)}`);
    for (const { tag, why } of kept) tell(`${tag} stays: ${why}`);
    if (stageBytes > 0) tell(`stages of builds removed, ${megabytes(stageBytes)}`);
    const bytes = removed.reduce((sum, image) => sum + image.bytes, stageBytes);
    return `${counted(removed.length, 'image')} removed, ${megabytes(bytes)} with what they shared`;
  });
}
