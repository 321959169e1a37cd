/** Every program of shell is a file, and shellcheck, Debian's own, has nothing to say of any. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dockerEngine } from '../../src/engine/docker.ts';
import { BASE_TAG } from '../../src/engine/images.ts';
import { RECORDED } from '../recorded.ts';
import { docker } from './state.ts';

const TAG = 'lvslab-test/shellcheck';
/** Whose mirror may lag behind: see images/node/Dockerfile. */
const DOCKERFILE = `FROM ${BASE_TAG}
RUN apt-get -o Acquire::Check-Valid-Until=false update -q && apt-get install -yq --no-install-recommends shellcheck
`;

/** Scripts below folders, by their paths. */
function below(folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.sh'));
}

const own = below(['images', 'test/fuzz', 'scripts', 'bench']);
/** Labs' setup scripts say no shell: bash runs them. */
const ofLabs = below(['labs', RECORDED]);

const engine = dockerEngine();
let container: string;

function tarOf(files: Readonly<Record<string, string | Buffer>>): NodeJS.ReadableStream {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return tar as unknown as NodeJS.ReadableStream;
}

beforeAll(async () => {
  const built = await docker.buildImage(tarOf({ Dockerfile: DOCKERFILE }), {
    t: TAG,
    networkmode: 'host',
    rm: true,
    forcerm: true,
  });
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(built, (error) => (error ? reject(error) : resolve())),
  );
  const made = await docker.createContainer({
    Image: TAG,
    Cmd: ['sleep', 'infinity'],
    HostConfig: { NetworkMode: 'none', Init: true },
  });
  container = made.id;
  const files = Object.fromEntries([...own, ...ofLabs].map((file) => [join('src', file), readFileSync(file)]));
  await made.putArchive(tarOf(files), { path: '/' });
  await made.start();
}, 300_000);

afterAll(async () => {
  await docker.getContainer(container).remove({ force: true });
  engine.close();
});

it.each([
  ['ours', own, []],
  ['a lab’s', ofLabs, ['--shell=bash']],
])('shellcheck has nothing to say of any script: %s', async (_whose, files, flags) => {
  expect(files.length).toBeGreaterThan(5);
  const { code, stdout, stderr } = await engine.exec(container, [
    'shellcheck',
    '--format=gcc',
    ...flags,
    ...files.map((file) => join('/src', file)),
  ]);
  expect([stdout, stderr, code]).toEqual(['', '', 0]);
});

it('and would say that something is not quoted', async () => {
  const bad = 'printf "#!/bin/sh\\nrm -r \\$1\\n" > /tmp/bad.sh; shellcheck --format=gcc /tmp/bad.sh';
  const { code, stdout } = await engine.exec(container, ['sh', '-c', bad]);
  expect(stdout).toContain('SC2086');
  expect(code).toBe(1);
});
