import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCode } from '../../src/commands/test.ts';
import { buildNamed, lookForBuild, PROGRAMS, whyNoBuild } from '../../src/drivers/dpvs/build.ts';
import { dpvs } from '../../src/drivers/dpvs/driver.ts';
import { availableImages, drivers } from '../../src/drivers/index.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { imageTag, NODE } from '../../src/engine/images.ts';
import type { Event } from '../../src/events.ts';
import { EXIT } from '../../src/failure.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { CannotRun, chooseKernels, imagesOf } from '../../src/plan/choose-kernels.ts';
import { promisesOf } from '../../src/scenario/run.ts';
import { testLab } from '../../src/scenario/test-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-dpvs-'));
const build = join(folder, 'bin');
const before = { LAB_DPVS: process.env['LAB_DPVS'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] };
process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
beforeEach(() => {
  process.env['LAB_DPVS'] = build;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  for (const program of PROGRAMS) writeFileSync(join(build, program), `the program ${program}`);
});
afterAll(() => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(folder, { recursive: true, force: true });
});

function labOf(name: string): Lab {
  const lab = readLab(`labs/${name}/lab.yaml`, { driver: 'dpvs' });
  if (!lab.ok) throw new Error('the lab file is wrong');
  return lab.value;
}

describe('a build of DPVS', () => {
  it('is complete with the programs that directors run', () => {
    expect(PROGRAMS).toEqual(['dpvs', 'dpip', 'ipvsadm', 'keepalived']);
    expect(whyNoBuild()).toBeUndefined();
    expect(dpvs.missing()).toBeUndefined();
  });
  it('is looked for where LAB_DPVS says, else in /opt/dpvs/bin', () => {
    expect(buildNamed()).toEqual({ kind: 'folder', folder: build });
    process.env['LAB_DPVS'] = '';
    expect(buildNamed()).toEqual({ kind: 'folder', folder: '/opt/dpvs/bin' });
    delete process.env['LAB_DPVS'];
    expect(buildNamed()).toEqual({ kind: 'folder', folder: '/opt/dpvs/bin' });
    expect(whyNoBuild({ kind: 'folder', folder: join(folder, 'none') })).toBe(
      `there is no build of DPVS: LAB_DPVS names no folder, so it is looked for in ${folder}/none, which is no folder; set LAB_DPVS or --dpvs to the bin folder of your own build, or to an image that has it`,
    );
  });
  it.each<[string, () => void]>([
    ['is not there', () => rmSync(build, { recursive: true })],
    [
      'is a file',
      () => {
        rmSync(build, { recursive: true });
        writeFileSync(build, '');
      },
    ],
  ])('is none if the folder %s', (_what, spoil) => {
    spoil();
    expect(dpvs.missing()).toBe(
      `there is no build of DPVS: LAB_DPVS or --dpvs names ${build}, which is no folder; set LAB_DPVS or --dpvs to the bin folder of your own build, or to an image that has it`,
    );
  });
  it('lacks programs by name, and a folder is no program', () => {
    rmSync(join(build, 'dpip'));
    rmSync(join(build, 'keepalived'));
    mkdirSync(join(build, 'keepalived'));
    expect(dpvs.missing()).toBe(`the build of DPVS in ${build} has no dpip, keepalived`);
  });
});

describe('the image with a build', () => {
  it('is among the images only if there is a build', () => {
    expect(availableImages().map((i) => i.name)).toEqual(['node', 'node', 'dpvs']);
    rmSync(join(build, 'dpvs'));
    expect(availableImages().map((i) => i.name)).toEqual(['node', 'node']);
    expect(availableImages([drivers.dpvs])).toEqual([NODE]);
  });
  it('has another tag with another build, and the same with the same', () => {
    const tag = () => imageTag(dpvs.image());
    const first = tag();
    expect(first).toMatch(/^lvslab\/dpvs:[0-9a-f]{12}$/);
    expect(tag()).toBe(first);
    writeFileSync(join(build, 'dpip'), 'the program dpip, longer');
    const changed = tag();
    expect(changed).not.toBe(first);
    writeFileSync(join(build, 'libdpvs.so'), 'one more');
    expect(tag()).not.toBe(changed);
    expect(imageTag(NODE)).not.toBe(imageTag({ ...NODE, brings: build }));
  });
});

describe('a build of DPVS in an image', () => {
  const image = { id: `sha256:${'1'.repeat(64)}`, bytes: 30_000_000, env: { PATH: '/here', LD_LIBRARY_PATH: '/libs' } };
  const engine = (found: object | undefined) => ({ image: async () => found }) as unknown as Engine;
  beforeEach(() => {
    process.env['LAB_DPVS'] = 'mine/dpvs:1.10.2';
  });

  it('is what no path names: a path begins with /, . or ~, or exists', () => {
    expect(buildNamed()).toEqual({ kind: 'image', reference: 'mine/dpvs:1.10.2' });
    for (const path of ['./mine', '../mine', '~/mine', 'labs']) {
      process.env['LAB_DPVS'] = path;
      expect(buildNamed().kind).toBe('folder');
    }
  });
  it('is missing if the engine does not have it, with what to do', async () => {
    await lookForBuild(engine(undefined));
    expect(dpvs.missing()).toBe(
      'there is no build of DPVS: LAB_DPVS or --dpvs names mine/dpvs:1.10.2, which is neither a folder here nor an image of the engine; load the image (docker load, docker pull), or name the bin folder of your own build',
    );
    expect(availableImages([drivers.dpvs])).toEqual([NODE]);
  });
  it('is searched on its own PATH, and in the folders of builds', async () => {
    await lookForBuild(engine(image));
    expect(dpvs.missing()).toBeUndefined();
    const { name, arguments: given } = dpvs.image();
    expect(name).toBe('dpvs-taken');
    expect(given).toMatchObject({ GIVEN: 'mine/dpvs:1.10.2', ID: image.id, PROGRAMS: '/here:/dpvs/bin:/opt/dpvs/bin' });
    expect(given?.['LIBRARIES']).toMatch(/^\/libs:\/usr\/local\/lib\/x86_64-linux-gnu:/);
    await lookForBuild(engine({ ...image, env: {} }));
    expect(dpvs.image().arguments?.['PROGRAMS']).toMatch(
      /^\/usr\/local\/sbin:.*:\/sbin:\/bin:\/dpvs\/bin:\/opt\/dpvs\/bin$/,
    );
  });
  it('makes another image of directors when the same name is another image', async () => {
    await lookForBuild(engine(image));
    const first = imageTag(dpvs.image());
    expect(first).toMatch(/^lvslab\/dpvs-taken:[0-9a-f]{12}$/);
    await lookForBuild(engine({ ...image, id: `sha256:${'2'.repeat(64)}` }));
    expect(imageTag(dpvs.image())).not.toBe(first);
  });
  it('is told by name, digest and size; a folder by its path', async () => {
    await lookForBuild(engine(image));
    expect(dpvs.broughtFrom?.()).toBe('image mine/dpvs:1.10.2 of the engine (sha256:111111111111, 30 MB)');
    process.env['LAB_DPVS'] = build;
    expect(dpvs.broughtFrom?.()).toBe(`folder ${build}`);
  });
  it('costs a folder no call of the engine', async () => {
    process.env['LAB_DPVS'] = build;
    await lookForBuild({} as unknown as Engine);
    expect(dpvs.missing()).toBeUndefined();
  });
});

/** An engine that answers trials, notes which image each was tried in, and creates nothing. */
function engineWith(works: (image: string, command: string) => boolean): { engine: Engine; tried: string[] } {
  const tried: string[] = [];
  const engine = {
    info: async () => ({ id: 'none', kernel: '1.0', version: '1', apiVersion: '1', address: 'nowhere' }),
    hasImage: async () => true,
    list: async () => [],
    runOnce: async (image: string, command: readonly string[]) => {
      tried.push(`${image} ${command.join(' ')}`);
      return works(image, command.join(' '))
        ? { code: 0, stdout: '1.0\nDPVS 1.10.2', stderr: '' }
        : { code: 1, stdout: '1.0\nit does not start', stderr: '' };
    },
  };
  return { engine: engine as unknown as Engine, tried };
}

describe('the kernels of a lab with DPVS', () => {
  it('are the engine’s for a director, and its own for a real server in a tunnel', async () => {
    // The engine's kernel runs DPVS, and has no modules for anything else.
    const { engine, tried } = engineWith((image, command) => image.includes('/dpvs:') || command.includes('uml'));
    const chosen = await chooseKernels(engine, labOf('tun-one-arm'));
    expect(Object.fromEntries(chosen)).toEqual({ client: 'host', lb: 'host', gw: 'host', rs1: 'uml', rs2: 'uml' });
    expect(tried.filter((t) => t.includes('/dpvs:'))).toHaveLength(1);
    expect(tried.filter((t) => t.includes('/dpvs:')).join()).toContain('try-dpvs');
  });
  it('are all the engine’s where no node needs modules, and the standard driver is not tried at all', async () => {
    const { engine, tried } = engineWith((image) => image.includes('/dpvs:'));
    const chosen = await chooseKernels(engine, labOf('dr-one-arm'));
    expect(new Set(chosen.values())).toEqual(new Set(['host']));
    expect(tried.filter((t) => !t.includes('/dpvs:'))).toEqual([]);
  });
  it('are none where DPVS does not start: the reason is DPVS’s own', async () => {
    const { engine } = engineWith(() => false);
    const chosen = chooseKernels(engine, labOf('fnat-two-arm'));
    await expect(chosen).rejects.toThrow(CannotRun);
    await expect(chosen).rejects.toThrow(/it does not start/);
  });
});

describe('a lab without a build of DPVS', () => {
  beforeEach(() => rmSync(build, { recursive: true }));

  it('has no images', () => {
    expect(() => imagesOf(labOf('fnat-two-arm'))).toThrow(CannotRun);
    expect(() => imagesOf(labOf('fnat-two-arm'))).toThrow(/driver dpvs is not available: there is no build of DPVS/);
  });

  it('is skipped, every check of it, with the reason, and nothing is tried or created', async () => {
    const lab = labOf('fnat-keepalived');
    // Anything else that is asked of this engine is a mistake of the test's subject: it has no such function.
    const { engine, tried } = engineWith(() => true);
    const events: Event[] = [];
    const run = {
      lab,
      argument: lab.lab,
      runs: false,
      report: join(folder, 'report'),
      keep: false,
      bail: false,
      bootDeadline: 1000,
    };
    const tested = await testLab(engine, run, (event) => events.push(event), new AbortController().signal);
    const promised = lab.scenario.flatMap((step) => promisesOf(lab, step));
    expect(promised.length).toBeGreaterThan(0);
    expect(tested.report.counts).toEqual({ passed: 0, failed: 0, inconclusive: 0, skipped: promised.length });
    for (const { seen } of tested.report.results)
      expect(seen).toBe(
        `driver dpvs is not available: there is no build of DPVS: LAB_DPVS or --dpvs names ${build}, which is no folder; set LAB_DPVS or --dpvs to the bin folder of your own build, or to an image that has it`,
      );
    expect(tested.failure).toBeInstanceOf(CannotRun);
    expect(tested.failure).toMatchObject({ reason: 'no-driver', hint: expect.stringContaining('lab doctor') });
    expect(exitCode([tested])).toBe(EXIT.environment);
    expect(tried).toEqual([]);
    expect(events.filter((e) => e.type === 'check')).toHaveLength(promised.length);
  });
});
