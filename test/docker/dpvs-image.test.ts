/** A build of DPVS that is in an image of the engine: made here from the folder with the user's build, and removed. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNamed, PROGRAMS, whyNoBuild } from '../../src/drivers/dpvs/build.ts';
import { dockerEngine } from '../../src/engine/docker.ts';
import { imageStates, NODE } from '../../src/engine/images.ts';
import { lab, labOk } from '../lab.ts';
import { docker, leavesNothing } from './state.ts';

const build = buildNamed();
const given = build.kind === 'folder' ? build.folder : undefined;
const missing = given === undefined ? 'the build is no folder' : whyNoBuild();
const BARE = 'lvslab-test/dpvs:bare';
const WHOLE = 'lvslab-test/dpvs:whole';
const NAME = 'dpvs-image';

leavesNothing(NAME, (name) => name === NAME);

/** An image whose programs are behind links, on a PATH of its own, and of which dpvs needs a library that is only there. */
const DOCKERFILE = `ARG BASE
FROM \${BASE}
COPY bin /srv/build
RUN apt-get update -q && apt-get install -yq --no-install-recommends libjansson4 \\
 && cp "$(ldconfig -p | sed -n 's/.*libjansson.so.4 .*=> //p')" /srv/libjanssoq.so.4 \\
 && sed -i s/libjansson\\\\.so\\\\.4/libjanssoq.so.4/g /srv/build/dpvs /srv/libjanssoq.so.4 \\
 && mkdir /srv/bin && ln -s /srv/build/* /srv/bin/
ENV PATH=/srv/bin:$PATH LD_LIBRARY_PATH=/srv
`;

async function follow(stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((done, failed) =>
    docker.modem.followProgress(
      stream,
      (error: Error | null) => (error ? failed(error) : done()),
      (event: { error?: string }) => event.error && failed(new Error(event.error)),
    ),
  );
}

/** Returns a tar with the programs of the build in a folder, and a Dockerfile if there is one. */
function tarOf(folder: string, dockerfile?: string) {
  const tar = pack();
  if (dockerfile !== undefined) tar.entry({ name: 'Dockerfile' }, dockerfile);
  for (const program of PROGRAMS) {
    const path = join(given ?? '', program);
    tar.entry({ name: `${folder}/${program}`, mode: statSync(path).mode & 0o777 }, readFileSync(path));
  }
  tar.finalize();
  return tar as unknown as NodeJS.ReadableStream;
}

/** Removes the images that were built of an image. */
async function removeMade(reference: string): Promise<void> {
  const { Id: id } = await docker.getImage(reference).inspect();
  const made = await docker.listImages({ filters: { label: [`lvslab.dpvs=${id}`] } });
  const tagged = made.filter((i) => (i.RepoTags ?? []).some((tag) => tag !== '<none>:<none>'));
  for (const image of [...tagged, ...made.filter((i) => !tagged.includes(i))])
    await docker.getImage(image.Id).remove({ force: true });
}

describe.skipIf(missing !== undefined)(`a build of DPVS in an image (${missing ?? 'a build is here'})`, () => {
  beforeAll(async () => {
    await labOk(['images', 'build']);
    const [repo = '', tag = ''] = BARE.split(':');
    await follow(await docker.importImage(tarOf('dpvs/bin'), { fromSrc: '-', repo, tag }));
    const engine = dockerEngine();
    const base = (await imageStates(engine, [NODE])).at(-1)?.tag ?? '';
    engine.close();
    const options = { t: WHOLE, networkmode: 'host', rm: true, forcerm: true, buildargs: { BASE: base } };
    await follow(await docker.buildImage(tarOf('bin', DOCKERFILE), options));
  }, 600_000);
  afterAll(async () => {
    for (const image of [BARE, WHOLE]) {
      await removeMade(image);
      await docker.getImage(image).remove({ force: true });
    }
  });

  it.each([BARE, WHOLE])('%s: is found, named by `lab doctor`, and starts', async (image) => {
    const doctor = async () => JSON.parse((await labOk(['doctor', '--json', '--dpvs', image])).stdout) as Doctor;
    const { Id: id } = await docker.getImage(image).inspect();
    await labOk(['images', 'build'], { env: { LAB_DPVS: image } });
    const { brought, kernels } = await doctor();
    expect(brought).toEqual([
      { driver: 'dpvs', from: expect.stringContaining(`image ${image} of the engine (${id.slice(0, 19)}`) },
    ]);
    expect(kernels.find((k) => k.driver === 'dpvs')).toMatchObject({ usable: true });
  });

  it('carries a lab, as a folder does, with the library that only its image has', async () => {
    const args = ['--driver', 'dpvs', '--dpvs', WHOLE, '--name', NAME];
    await labOk(['up', 'fnat-two-arm', ...args]);
    const libraries = await labOk(['exec', NAME, 'lb', '--', 'ldd', '/opt/dpvs/bin/dpvs']);
    expect(libraries.stdout).toContain('/opt/dpvs/lib/libjanssoq.so.4');
    await labOk(['test', NAME, '--again', '2']);
    await labOk(['down', NAME]);
  });

  it('that the engine does not have is a reason to skip, with what to do', async () => {
    const { code, stdout, stderr } = await lab(['test', 'fnat-two-arm', '--driver', 'dpvs', '--json'], {
      env: { LAB_DPVS: 'lvslab-test/none:1' },
    });
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/names lvslab-test\/none:1, which is neither .*docker load/),
    ]);
    const { results } = JSON.parse(stdout) as { results: { verdict: string }[] };
    expect(new Set(results.map((r) => r.verdict))).toEqual(new Set(['skipped']));
  });

  it('that lacks a program is told by its name', async () => {
    const { code, stderr } = await lab(['test', 'fnat-two-arm', '--driver', 'dpvs', '--json'], {
      env: { LAB_DPVS: 'lvslab/base:trixie' },
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining('the build has no program dpvs')]);
    await removeMade('lvslab/base:trixie');
  });
});

interface Doctor {
  readonly brought: readonly { driver: string; from: string }[];
  readonly kernels: readonly { driver: string; usable: boolean }[];
}
