import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { imageTag } from '../engine/images.ts';
import { Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import type { KernelName } from '../model/words.ts';
import { kernels, wantedKernel } from './index.ts';
import type { Availability } from './kernel.ts';

type Remembered = Readonly<Record<string, Availability>>;

/** What was probed before, by engine, its kernel and our image; only a cache, lost without harm. */
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
    // A cache that cannot be written costs the next run a second.
  }
}

/**
 * Whether a kernel works on this engine, found out by using it; that it does is remembered.
 * The image must be there.
 */
export async function probeKernel(
  engine: Engine,
  name: KernelName,
  options: { again: boolean } = { again: false },
): Promise<Availability> {
  const info = await engine.info();
  const key = [info.id, info.kernel, imageTag('node'), name].join(' ');
  const before = remembered()[key];
  if (before && !options.again) return before;
  const kernel = kernels[name];
  const result = await engine
    .runOnce(imageTag('node'), kernel.probe, kernel.needs, { 'lvslab.probe': name })
    .catch((error: unknown) => ({
      code: 1,
      stdout: `\n${(error as Error).message}`,
    }));
  const [version = '', ...rest] = result.stdout.trim().split('\n');
  const usable = result.code === 0;
  const why = usable
    ? 'IPVS and Full-NAT were tried on it, and work'
    : (rest.filter((l) => l.trim() !== '').at(-1) ?? version ?? 'it ended without a word');
  const found: Availability = { usable, version, why };
  // What keeps it from working may be mended any time: a device that is closed, a module that is not there.
  if (usable) remember(key, found);
  return found;
}

/**
 * The kernel of each node: what it asks for, with `auto` decided for this engine.
 * Throws an environment failure when nothing here can carry a director, or what was asked for does not work.
 */
export async function chooseKernels(engine: Engine, lab: Lab): Promise<ReadonlyMap<string, KernelName>> {
  const choice = new Map<string, KernelName>();
  let auto: KernelName | undefined;
  for (const node of lab.nodes) {
    const wanted = wantedKernel(lab, node);
    if (wanted === 'auto') {
      auto ??= await bestKernel(engine);
      choice.set(node.name, auto);
    } else {
      if (wanted === 'uml' || node.kind === 'director') {
        const found = await probeKernel(engine, wanted);
        if (!found.usable) {
          throw new Failure(
            'environment',
            `node "${node.name}" asks for kernel ${wanted}, which does not work on this engine: ${found.why}`,
            '`lab doctor` shows every kernel; `--kernel auto` takes what works',
          );
        }
      }
      choice.set(node.name, wanted);
    }
  }
  return choice;
}

async function bestKernel(engine: Engine): Promise<KernelName> {
  const reasons: string[] = [];
  for (const name of Object.keys(kernels) as KernelName[]) {
    const found = await probeKernel(engine, name);
    if (found.usable) return name;
    reasons.push(`${name}: ${found.why}`);
  }
  throw new Failure(
    'environment',
    `no kernel here can carry a director (${reasons.join('; ')})`,
    'an x86-64 engine, or one whose kernel has ip_vs, is needed',
  );
}
