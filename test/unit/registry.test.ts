/** Where a missing image comes from, told of an engine and a registry that only write down what is asked of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { BASE_TAG, type Image, imageTag, NODE } from '../../src/engine/images.ts';
import { LABEL } from '../../src/engine/labels.ts';
import { isCurrent } from '../../src/engine/outdated-images.ts';
import { ensureImages } from '../../src/engine/ready-images.ts';
import { pullImage, registryNamed } from '../../src/engine/registry.ts';
import { credentialsFor } from '../../src/engine/registry-login.ts';

const TAG = imageTag(NODE);
const [DIGEST, OTHER] = ['a', 'b'].map((c) => `sha256:${c.repeat(64)}`) as [string, string];
const REGISTRY = 'registry.example.org/lab';
const BY_DIGEST = `${REGISTRY}/lvslab/node@${DIGEST}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvslab-registry-'));
  process.env['LAB_PUSHED'] = join(folder, 'pushed.json');
  process.env['DOCKER_CONFIG'] = folder;
});
afterEach(() => {
  for (const name of ['LAB_PUSHED', 'DOCKER_CONFIG', 'LAB_REGISTRY']) delete process.env[name];
  rmSync(folder, { recursive: true, force: true });
});

const records = (digest: string) => writeFileSync(join(folder, 'pushed.json'), JSON.stringify({ [TAG]: digest }));

/** An engine that has the base only, and a registry that holds the node image with a digest, label and processor. */
function engineWith(given: { held?: string; label?: string; arch?: string } = {}): { engine: Engine; done: string[] } {
  const there = new Set([BASE_TAG]);
  const done: string[] = [];
  const does = (what: string) => async () => void done.push(what);
  const engine = {
    info: async () => ({ arch: 'amd64' }),
    hasImage: async (tag: string) => there.has(tag),
    image: async () => ({ arch: given.arch ?? 'amd64', labels: given.label ? { [LABEL.digest]: given.label } : {} }),
    runOnce: async () => ({ code: 0, stdout: '7.2um1 (proven)\n', stderr: '' }),
    store: {
      held: async () => given.held,
      pull: async (reference: string) => void done.push(`pull ${reference}`),
      tag: async (_: string, tag: string) => {
        done.push(`tag ${tag}`);
        there.add(tag);
      },
      remove: async (reference: string) => done.push(`remove ${reference}`) > 0,
      list: async () => [],
      build: async (context: { destroy(): void }, { tag, labels }: { tag: string; labels: Record<string, string> }) => {
        context.destroy();
        await does(`build ${tag}${labels[LABEL.uml] ? ` ${labels[LABEL.uml]}` : ''}`)();
      },
    },
  };
  return { engine: engine as unknown as Engine, done };
}

async function ensured(given: Parameters<typeof engineWith>[0], registry?: string, images: readonly Image[] = [NODE]) {
  const { engine, done } = engineWith(given);
  const said: string[] = [];
  await ensureImages(engine, images, (line) => said.push(line), { registry });
  return { done, said: said.join('\n') };
}

const BUILT = [`build ${TAG}`, `build ${TAG} 7.2um1 (proven)`];
const PULLED = [`pull ${BY_DIGEST}`, `tag ${TAG}`, `remove ${BY_DIGEST}`];

describe('a missing image', () => {
  it('is built without a registry, and its label says which User-Mode Linux it has', async () => {
    records(DIGEST);
    expect((await ensured({ held: DIGEST, label: TAG })).done).toEqual(BUILT);
  });

  it('is pulled by the digest that was recorded', async () => {
    records(DIGEST);
    expect((await ensured({ held: DIGEST, label: TAG }, REGISTRY)).done).toEqual(PULLED);
    process.env['LAB_REGISTRY'] = REGISTRY;
    expect((await ensured({ held: DIGEST, label: TAG })).done).toEqual(PULLED);
  });

  it('is not asked for without a record', async () => {
    const { done, said } = await ensured({ held: DIGEST, label: TAG }, REGISTRY);
    expect([done, said]).toEqual([BUILT, expect.stringContaining('has no digest of it')]);
  });

  it('is built if the registry does not have it', async () => {
    records(DIGEST);
    const { done, said } = await ensured({}, REGISTRY);
    expect([done, said]).toEqual([BUILT, expect.stringContaining('the registry does not have it')]);
  });

  it('is refused and built if somebody else filled its tag', async () => {
    records(DIGEST);
    const { done, said } = await ensured({ held: OTHER, label: TAG }, REGISTRY);
    expect([done, said]).toEqual([BUILT, expect.stringContaining(`is refused: its digest is ${OTHER}`)]);
  });

  it.each([
    ['another label', { label: 'lvslab/node:000000000000' }, 'is refused: its label'],
    ['no label', {}, 'is missing'],
    ['another processor', { label: TAG, arch: 'arm64' }, 'it is for arm64'],
  ])('is removed and built if it has %s', async (_, given, words) => {
    records(DIGEST);
    const { done, said } = await ensured({ held: DIGEST, ...given }, REGISTRY);
    expect(done).toEqual([`pull ${BY_DIGEST}`, `remove ${BY_DIGEST}`, ...BUILT]);
    expect(said).toContain(words);
  });

  it('is never asked for if programs of the user are part of it', async () => {
    const mine: Image = { name: 'keepalived', on: NODE, brings: join(folder, 'pushed.json') };
    records(DIGEST);
    const { done } = await ensured({ held: DIGEST, label: TAG }, REGISTRY, [mine]);
    expect(done).toEqual([...PULLED, `build ${imageTag(mine)}`]);
  });
});

describe('the record of pushed images', () => {
  it.each(['[', '{"lvslab/node:1": "latest"}', 'null'])('%s is told by its file', async (text) => {
    writeFileSync(join(folder, 'pushed.json'), text);
    const { engine } = engineWith();
    await expect(pullImage(engine, TAG, REGISTRY, () => undefined)).rejects.toMatchObject({
      reason: 'no-image-record',
      facts: { file: join(folder, 'pushed.json') },
    });
  });
});

describe('the name of a registry', () => {
  it.each(['127.0.0.1:5000', 'localhost', 'localhost:5000/a', 'registry.example.org', 'ghcr.io/me/my_lab', 'box:5000'])(
    '%s',
    (name) => expect(registryNamed(name)).toBe(name),
  );
  it.each(['https://registry.example.org', 'me', 'registry.example.org/', 'Registry.example.org', 'a.b/c:5', '-x.y'])(
    '%s is none',
    (name) => expect(() => registryNamed(name)).toThrow('is no name of a registry'),
  );
});

it('the password of a registry is the one of `docker login`', () => {
  const auth = Buffer.from('me:pass:word').toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { 'registry.example.org': { auth } } }));
  expect(credentialsFor(`${REGISTRY}/${TAG}`)).toEqual({
    authconfig: { username: 'me', password: 'pass:word', serveraddress: 'registry.example.org' },
  });
  expect(credentialsFor(`other.example.org/${TAG}`)).toEqual({});
});

describe('an image is current', () => {
  const image = (tag: string, labels: Record<string, string> = {}) =>
    ({ id: tag, tags: [tag], bytes: 0, created: 0, labels }) as const;
  const all = [image('dpvs:1', { [LABEL.own]: 'yes', [LABEL.on]: 'runtime:1' }), image('runtime:1')];
  it.each([
    ['by its tag', image('runtime:1'), true],
    ['not by another', image('runtime:2'), false],
    ['not by what it is built on', image('qemu:2', { [LABEL.on]: 'runtime:1' }), false],
    [
      'if it is the user’s own, on a current one',
      image('dpvs:2', { [LABEL.own]: 'yes', [LABEL.on]: 'runtime:1' }),
      true,
    ],
    [
      'not if it is the user’s own, on another',
      image('dpvs:3', { [LABEL.own]: 'yes', [LABEL.on]: 'runtime:0' }),
      false,
    ],
    ['if it is the user’s own, on one that is', image('qemu:3', { [LABEL.own]: 'yes', [LABEL.on]: 'dpvs:1' }), true],
  ] as const)('%s', (_, of, current) => expect(isCurrent(of, new Set(['runtime:1']), all)).toBe(current));
});
