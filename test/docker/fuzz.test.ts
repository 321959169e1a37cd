/**
 * The parsers of the node's own programs (images/node/src) take whatever bytes come: each is fed altered examples
 * under gcc's sanitizers for addresses and undefined behaviour (test/fuzz), where those programs are compiled.
 * FUZZ_SEED and FUZZ_INPUTS choose others than the usual ones; a failure names its seed and the very input.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerEngine } from '../../src/engine/docker.ts';
import { docker } from './state.ts';

const SOURCES = 'images/node/src';
const SEED = process.env['FUZZ_SEED'] ?? '1';
const INPUTS = process.env['FUZZ_INPUTS'] ?? '200000';
/** The stage of the image's Dockerfile that has the compiler; whoever built the image has it. */
const STAGE = 'compiler';
const TAG = `lvslab-test/${STAGE}`;

/** Each harness of test/fuzz, and what it needs of the programs' own sources. */
const HARNESSES = {
  frames: ['frames.c', 'buf.c', 'die.c'],
  services: ['services.c', 'buf.c', 'die.c'],
  answers: ['answers.c', 'numbers.c'],
  segment: ['segment.c'],
  arguments: ['address.c', 'numbers.c'],
  job: ['job.c', 'numbers.c'],
} as const;

const engine = dockerEngine();
let container: string;

function fuzz(harness: string, seed: string, inputs: string, sources: readonly string[]) {
  const own = sources.map((file) => join('/', SOURCES, file));
  return engine.exec(container, ['sh', '/test/fuzz/run.sh', harness, seed, inputs, ...own]);
}

beforeAll(async () => {
  const built = await docker.buildImage(
    { context: 'images/node', src: ['Dockerfile'] },
    { target: STAGE, t: TAG, networkmode: 'host', rm: true, forcerm: true },
  );
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(built, (error) => (error ? reject(error) : resolve())),
  );
  const made = await docker.createContainer({
    Image: TAG,
    Cmd: ['sleep', 'infinity'],
    HostConfig: { NetworkMode: 'none', Init: true },
  });
  container = made.id;
  const tar = pack();
  for (const folder of [SOURCES, 'test/fuzz'])
    for (const file of readdirSync(folder)) tar.entry({ name: join(folder, file) }, readFileSync(join(folder, file)));
  tar.finalize();
  await made.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/' });
  await made.start();
}, 300_000);

afterAll(async () => {
  await docker.getContainer(container).remove({ force: true });
  engine.close();
});

describe('parsers of the node’s own programs', () => {
  it.each(Object.entries(HARNESSES))('%s takes any bytes', { timeout: 300_000 }, async (harness, sources) => {
    expect(await fuzz(harness, SEED, INPUTS, sources)).toMatchObject({
      code: 0,
      stdout: `${INPUTS} inputs from seed ${SEED}\n`,
      stderr: '',
    });
  });

  it('a reader that trusts its input is found, by the same input each time', async () => {
    const [one, two] = [await fuzz('planted', '1', '100000', []), await fuzz('planted', '1', '100000', [])];
    expect(one.code).not.toBe(0);
    expect(one.stderr).toContain('heap-buffer-overflow');
    const input = /seed 1, input \d+, \d+ bytes: [0-9a-f]+/.exec(one.stderr)?.[0];
    expect(input).toBeDefined();
    expect(two.stderr).toContain(input);
  });

  it('gcc’s analyzer has no doubts', { timeout: 300_000 }, async () => {
    // Descriptors that live as long as their program are not leaks.
    const flags = ['-fanalyzer', '-Wno-analyzer-fd-leak', '-Wno-analyzer-fd-use-without-check'];
    const { code, stdout, stderr } = await engine.exec(container, ['sh', `/${SOURCES}/build.sh`, '/tmp/out', ...flags]);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });
});
