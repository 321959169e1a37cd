import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { type Image, imageTag } from '../engine/images.ts';
import type { KernelName } from '../model/words.ts';
import { kernels } from './index.ts';
import type { Availability, Tried } from './kernel.ts';

type Remembered = Readonly<Record<string, Availability>>;

/**
 * Returns the file of earlier probe results, by engine, kernel and image; only a cache, which can be lost without harm.
 */
function cacheFile(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lvslab', 'kernels.json');
}

function remembered(): Remembered {
  try {
    return JSON.parse(readFileSync(cacheFile(), 'utf8')) as Remembered;
  } catch {
    return {};
  }
}

function remember(key: string, value: Availability): void {
  try {
    mkdirSync(dirname(cacheFile()), { recursive: true });
    writeFileSync(cacheFile(), JSON.stringify({ ...remembered(), [key]: value }, null, 1));
  } catch {
    // Without a writable cache, the next run takes a second longer.
  }
}

/** Returns the words for a container that the engine does not create: a device that its machine lacks is named alone. */
function withoutDevice(said: string, devices: readonly string[]): string {
  const lacks = /no such file or directory|no such device/i.test(said)
    ? devices.find((device) => said.includes(device))
    : undefined;
  return lacks === undefined ? said : `the engine’s machine has no ${lacks}`;
}

/** Returns the image with a kernel, given what would run on another one. */
export function imageWith(name: KernelName, of: Pick<Tried, 'image'>): Image {
  const image = of.image();
  return kernels[name].image?.(image) ?? image;
}

/**
 * Probes whether a kernel can do what is tried on this engine, by using it; a positive result is cached. The image must
 * exist.
 */
export async function probeKernel(
  engine: Engine,
  name: KernelName,
  tried: Tried,
  options: { again: boolean } = { again: false },
): Promise<Availability> {
  const { trial } = tried;
  const info = await engine.info();
  const image = imageTag(imageWith(name, tried));
  const key = [info.id, info.kernel, image, name, tried.name].join(' ');
  const before = remembered()[key];
  if (before && !options.again) return before;
  const kernel = kernels[name];
  const needs = {
    ...kernel.needs,
    memoryMb: kernel.needs.memoryMb + tried.needs.memoryMb,
    devices: [...new Set([...kernel.needs.devices, ...tried.needs.devices])],
  };
  const result = await engine
    .runOnce(image, kernel.probe(trial), needs, { 'lvslab.probe': name })
    .catch((error: unknown) => ({
      code: 1,
      stdout: `\n${withoutDevice((error as Error).message, needs.devices)}`,
    }));
  const [version = '', ...rest] = result.stdout.trim().split('\n');
  const usable = result.code === 0;
  const why = usable
    ? [trial.works, ...rest.slice(-1)].join(': ')
    : (rest.filter((l) => l.trim() !== '').at(-1) ?? version ?? 'the probe printed nothing');
  const found: Availability = { usable, version, why };
  // The cause of a failure may be fixed at any time: an inaccessible device, a missing module.
  if (usable) remember(key, found);
  return found;
}
