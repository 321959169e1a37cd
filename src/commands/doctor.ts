import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { availableImages, drivers, STANDARD_DRIVER } from '../drivers/index.ts';
import { type Image, imageStates, imageTag, NODE } from '../engine/images.ts';
import { LABEL } from '../engine/labels.ts';
import { ensureImages } from '../engine/ready-images.ts';
import { EXIT } from '../failure.ts';
import { kernels } from '../kernels/index.ts';
import { probeKernel } from '../kernels/probe.ts';
import type { KernelName } from '../model/words.ts';
import { print, printJson, table } from '../output/print.ts';
import { explainKernels, imagesOf } from '../plan/choose-kernels.ts';
import { type LabOptions, loadLab, useBuild, withSession } from './session.ts';

/**
 * `lab doctor LAB`: reports which kernel each node of a lab gets on this engine, and why. Builds the images that it needs.
 */
export async function doctorOf(argument: string, options: LabOptions & { json?: boolean }): Promise<number> {
  const lab = loadLab(argument, options);
  const rows = await withSession({}, async ({ engine, emit }) => {
    const ensure = (images: readonly Image[]) => ensureImages(engine, images, (text) => emit({ type: 'note', text }));
    await ensure(imagesOf(lab));
    const chosen = await explainKernels(engine, lab, (image) => ensure([image]));
    return [...chosen].map(([node, { kernel, why }]) => ({ node, kernel, why }));
  });
  if (options.json) printJson(rows);
  else print(table([['NODE', 'KERNEL', 'WHY'], ...rows.map((r) => [r.node, r.kernel, r.why])]));
  return EXIT.ok;
}

/**
 * `lab doctor`: reports what this machine and its engine can do, and the reasons for what they cannot. Returns 3 if no
 * lab can run here.
 */
export async function doctor(options: { json?: boolean; again?: boolean; dpvs?: string }): Promise<number> {
  useBuild(options);
  const found = await withSession({ quiet: true }, async ({ engine }) => {
    const info = await engine.info();
    const images = await imageStates(engine, availableImages());
    const ready = images.every((i) => i.present || i.name === 'base');
    const names = Object.keys(kernels) as KernelName[];
    const choices = [];
    for (const [driver, name] of Object.values(drivers).flatMap((d) => names.map((n) => [d, n] as const))) {
      if (kernels[name].own && !driver.ownKernels) continue;
      const missing = driver.missing() ?? kernels[name].missing?.();
      choices.push({
        name,
        driver: driver.name,
        ...(missing !== undefined
          ? { usable: false, version: '', why: missing }
          : ready
            ? await probeKernel(engine, name, driver, { again: options.again ?? false })
            : { usable: false, version: '', why: 'not probed: the image is not built (`lab images build`)' }),
      });
    }
    const disk = statfsSync(tmpdir());
    return {
      engine: info,
      images,
      umlPackage: (await engine.image(imageTag(NODE)))?.labels[LABEL.uml],
      kernels: choices,
      brought: Object.values(drivers).flatMap((d) =>
        d.broughtFrom ? [{ driver: d.name, from: d.broughtFrom(), missing: d.missing() }] : [],
      ),
      auto: choices.find((k) => k.usable && k.driver === STANDARD_DRIVER)?.name,
      disk: { path: tmpdir(), freeGb: Math.round((disk.bavail * disk.bsize) / 1e8) / 10 },
    };
  });
  if (options.json) printJson(found);
  else {
    const { engine } = found;
    print(
      table([
        ['engine', `Docker ${engine.version}, API ${engine.apiVersion}, at ${engine.address}`],
        [
          'machine',
          `${engine.os}, kernel ${engine.kernel}, ${engine.arch}, ${engine.cpus} CPUs, ${Math.round(engine.memory / 2 ** 30)} GiB`,
        ],
        ...found.kernels.map((k) => [
          `kernel ${k.name}${k.driver === STANDARD_DRIVER ? '' : ` with ${k.driver}`}`,
          `${k.usable ? 'usable' : 'not usable'}${k.version && k.usable ? ` (${k.version})` : ''}: ${k.why}`,
        ]),
        ...found.brought.map((b) => [`build of ${b.driver}`, b.missing === undefined ? b.from : `none: ${b.missing}`]),
        [
          'User-Mode Linux',
          found.umlPackage === undefined ? 'not known: the image is missing' : `package ${found.umlPackage}`,
        ],
        ['kernel auto', found.auto ?? 'no kernel here can run a director'],
        ...found.images.map((i) => [
          `image ${i.name}`,
          i.present ? `${i.tag}, ${Math.round(i.bytes / 1e6)} MB` : `${i.tag} is missing`,
        ]),
        ['disk', `${found.disk.freeGb} GB free at ${found.disk.path}`],
      ]),
    );
  }
  return found.auto === undefined ? EXIT.environment : EXIT.ok;
}
