import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { imageTag } from '../engine/images.ts';
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

/**
 * Probes whether a kernel can run a driver on this engine, by using it; a positive result is cached. The image must
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
  const image = imageTag(tried.image());
  const key = [info.id, info.kernel, image, name, tried.name].join(' ');
  const before = remembered()[key];
  if (before && !options.again) return before;
  const kernel = kernels[name];
  const needs = { ...kernel.needs, memoryMb: kernel.needs.memoryMb + tried.needs.memoryMb };
  const result = await engine
    .runOnce(image, kernel.probe(trial), needs, { 'lvslab.probe': name })
    .catch((error: unknown) => ({
      code: 1,
      stdout: `\n${(error as Error).message}`,
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
