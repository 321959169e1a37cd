/**
 * Images that come from a registry, or from a file: Debian's own registry on the loopback, which the engine must reach. The
 * node image is here one with a layer more, so that something is to be pulled: the engine has the other layers.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dockerEngine } from '../../src/engine/docker.ts';
import { removeStages } from '../../src/engine/image-build.ts';
import { BASE_TAG, imageTag, NODE } from '../../src/engine/images.ts';
import { LABEL } from '../../src/engine/labels.ts';
import { pruneImages } from '../../src/engine/outdated-images.ts';
import { type LabFile, lab, labOk, writeLab } from '../lab.ts';
import { noRegistry, startRegistry } from './registry.ts';
import { docker, leavesNothing } from './state.ts';

const folder = leavesNothing('registry', (name) => name.startsWith('registry-test'));
const TAG = imageTag(NODE);
const OTHER = 'lvslab-test/other:1';
/** The node image's second name: with it, it stays when its tag is taken away. */
const KEPT = 'lvslab-test/kept:1';
const record = join(folder, 'pushed.json');
const engine = dockerEngine();
let registry: Awaited<ReturnType<typeof startRegistry>>;
let env: Record<string, string>;
let own = '';
let before: readonly string[];

/** Every image of the engine, by its names. */
async function images(): Promise<readonly string[]> {
  return (await docker.listImages()).flatMap((i) => (i.RepoTags ?? []).map((tag) => `${tag} ${i.Id}`)).sort();
}

function tarOf(files: Readonly<Record<string, string | Buffer>>): Readable {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return tar as unknown as Readable;
}

/** Makes an image on the base that is called as the user says, with a label or without. */
async function imageCalled(tag: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  await engine.store.remove(tag);
  const files = { Dockerfile: `FROM ${BASE_TAG}\nLABEL is=${tag.replaceAll(/\W/g, '-')}\n` };
  await engine.store.build(tarOf(files), { tag, labels, arguments: {} }, () => undefined);
}

/** Fills the tag in the registry with an image. */
async function fill(image: string): Promise<string> {
  const there = `${registry.name}/${TAG}`;
  await engine.store.tag(image, there);
  const digest = await engine.store.push(there);
  await engine.store.remove(there);
  return digest;
}

async function withoutNode<T>(work: () => Promise<T>): Promise<T> {
  await docker.getImage(TAG).remove();
  try {
    return await work();
  } finally {
    await engine.store.tag(own, TAG);
  }
}

describe.skipIf(noRegistry !== undefined)(`images of a registry${noRegistry ? ` (${noRegistry})` : ''}`, () => {
  beforeAll(async () => {
    await labOk(['images', 'build']);
    before = await images();
    own = (await docker.getImage(TAG).inspect()).Id;
    await engine.store.tag(own, KEPT);
    registry = await startRegistry(folder);
    env = { LAB_REGISTRY: registry.name, LAB_PUSHED: record, LAB_DPVS: join(folder, 'none') };
  }, 600_000);
  afterAll(async () => {
    if (own !== '' && (await docker.getImage(TAG).inspect()).Id !== own) {
      await engine.store.remove(TAG);
      await engine.store.tag(own, TAG);
    }
    for (const tag of [KEPT, OTHER]) await engine.store.remove(tag);
    engine.close();
    await registry?.stop();
    expect(await images()).toEqual(before);
  });

  it('a build leaves no stage behind', async () => {
    const label = `${LABEL.build}=registry-test`;
    const left = () => docker.listImages({ filters: { dangling: ['true'], label: [label] } });
    const stages = `FROM ${BASE_TAG} AS first\nLABEL ${label}\nRUN echo 1 > /one\nFROM ${BASE_TAG}\nCOPY --from=first /one /\n`;
    await engine.store.build(tarOf({ Dockerfile: stages }), { tag: OTHER, labels: {}, arguments: {} }, () => undefined);
    expect(await left()).toHaveLength(1);
    expect(await removeStages(engine, label)).toBeGreaterThan(0);
    expect(await left()).toEqual([]);
  });

  it('without a registry, push and pull say what is missing', async () => {
    const { code, stderr } = await lab(['images', 'push'], { env: { LAB_REGISTRY: '' } });
    expect([code, stderr]).toEqual([2, expect.stringContaining('no registry is named')]);
  });

  it('without a record, nothing is taken from a registry', async () => {
    const { code, stderr } = await withoutNode(() => lab(['images', 'pull'], { env }));
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${TAG}: ${record} has no digest of it`)]);
  });

  it('what is pushed comes back at the first `up`, with progress in bytes, and nodes run it', {
    timeout: 600_000,
  }, async () => {
    const files = { Dockerfile: `FROM ${own}\nCOPY noise /noise\n`, noise: randomBytes(60e6) };
    await engine.store.build(
      tarOf(files),
      { tag: TAG, labels: { [LABEL.digest]: TAG }, arguments: {} },
      () => undefined,
    );
    const { Id: id } = await docker.getImage(TAG).inspect();
    const pushed = await labOk(['images', 'push'], { env });
    expect(pushed.stderr).toMatch(new RegExp(`pushed ${registry.name}/${TAG}, sha256:[0-9a-f]{64}`));
    expect(Object.keys(JSON.parse(readFileSync(record, 'utf8')) as object)).toContain(TAG);

    await docker.getImage(TAG).remove();
    expect(await engine.hasImage(id)).toBe(false);
    const file = writeLab(folder, {
      ...(parse(readFileSync('labs/dr-one-arm/lab.yaml', 'utf8')) as LabFile),
      lab: 'registry-test',
    });
    const up = await labOk(['up', file, '--timeout', '5m'], { env });
    expect(up.stderr).toMatch(new RegExp(`pulling ${TAG}: \\d+ MB of \\d+ MB`));
    expect(up.stderr).not.toContain('building image');
    expect((await docker.getContainer('lvslab.registry-test.lb').inspect()).Image).toBe(id);
    const asked = await labOk(['exec', 'registry-test', 'client', '--', 'ls', '/noise']);
    expect(asked.stdout).toBe('/noise\n');
    await labOk(['down', 'registry-test']);
    await docker.getImage(TAG).remove();
    expect((await images()).filter((image) => image.startsWith(registry.name))).toEqual([]);
    await engine.store.tag(own, TAG);
  });

  it('a tag that somebody else filled is refused, and not pulled', async () => {
    await imageCalled(OTHER, { [LABEL.digest]: TAG });
    const digest = await fill(OTHER);
    const { code, stderr } = await withoutNode(() => lab(['images', 'pull'], { env }));
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining(`${registry.name}/${TAG} is refused: its digest is ${digest}`),
    ]);
    expect((await images()).filter((image) => image.includes(registry.name))).toEqual([]);
  });

  it('an image that is not what its tag says is refused, and removed', async () => {
    await imageCalled(OTHER);
    writeFileSync(record, JSON.stringify({ [TAG]: await fill(OTHER) }));
    const { code, stderr } = await withoutNode(() => lab(['images', 'pull'], { env }));
    expect([code, stderr]).toEqual([3, expect.stringContaining(`its label ${LABEL.digest} is missing`)]);
    expect((await images()).filter((image) => image.includes(registry.name))).toEqual([]);
  });

  it('a file has the images, and none that is another', { timeout: 600_000 }, async () => {
    const file = join(folder, 'images.tar');
    await labOk(['images', 'save', file], { env });
    const loaded = await withoutNode(async () => {
      const { stderr } = await labOk(['images', 'load', file], { env });
      return { stderr, id: (await docker.getImage(TAG).inspect()).Id };
    });
    expect(loaded).toEqual({ stderr: expect.stringContaining(TAG), id: own });

    await imageCalled(OTHER);
    for (const name of [OTHER, TAG]) {
      await engine.store.tag(OTHER, name);
      const other = join(folder, `${name.replaceAll(/\W/g, '-')}.tar`);
      const tar = await engine.store.save([name]);
      writeFileSync(other, await tar.toArray().then((chunks) => Buffer.concat(chunks as Buffer[])));
      await engine.store.tag(own, TAG);
      const { code, stderr } = await lab(['images', 'load', other], { env });
      expect([code, stderr]).toEqual([2, expect.stringContaining(name)]);
    }
    expect((await docker.getImage(TAG).inspect()).Id).toBe(own);
  });

  it('prune removes what another version made, but nothing that is used or is not ours', async () => {
    const [old, used, foreign] = ['0', '1', '2'].map((n) => `lvslab/node:${n.repeat(12)}`) as [string, string, string];
    await imageCalled(old, { [LABEL.digest]: old });
    await imageCalled(used, { [LABEL.digest]: used });
    await imageCalled(foreign);
    const container = await docker.createContainer({ Image: used, Cmd: ['true'] });
    const there = (await images()).map((image) => image.split(' ')[0] ?? '');
    const current = there.filter((tag) => ![old, used, foreign].includes(tag));
    try {
      const { removed, kept } = await pruneImages(engine, current);
      expect([removed.map((r) => r.tag), kept]).toEqual([[old], [{ tag: used, why: 'a container uses it' }]]);
      const names = [old, used, foreign];
      expect((await images()).map((image) => image.split(' ')[0] ?? '').filter((tag) => names.includes(tag))).toEqual([
        used,
        foreign,
      ]);
    } finally {
      await container.remove();
      for (const tag of [old, used, foreign]) await engine.store.remove(tag);
    }
  });
});
