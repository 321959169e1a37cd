import { createHash } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lab, labOk, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'intake';
const folder = leavesNothing(NAME, (name) => name === NAME);

/** Names that a shell would take for something else. */
const ODD = ["it's.sh", 'p(1).sh', '$(touch pwned).sh', '`touch pwned`.sh', '; touch "pwned" #.sh', '-e two  words.sh'];

const KERNELS = ['host', 'uml'] as const;

/** A lab in which each odd name is a setup script of a node, of either kernel, and a file of it. */
function write(more: Readonly<Record<string, string>> = {}): string {
  const nodes = KERNELS.flatMap((kernel, k) =>
    ODD.map((name, i) => [
      `${kernel}${i}`,
      {
        kind: 'host',
        kernel,
        lan: `10.0.${k}.${i + 1}`,
        setup: `./${name}`,
        files: { [`/root/${name}`]: `./${name}` },
      },
    ]),
  );
  const file = writeLab(folder, {
    lab: NAME,
    segments: { lan: '10.0.0.0/16', constructor: '10.9.0.0/24' },
    nodes: { ...Object.fromEntries(nodes), constructor: { kind: 'host', constructor: '10.9.0.1' } },
    services: {},
    vrrp: {},
    scenario: [],
  });
  for (const name of ODD) writeFileSync(join(dirname(file), name), more[name] ?? 'echo ran > /ran\n');
  return file;
}

describe('names of a lab that mean something to a shell', () => {
  beforeAll(async () => void (await labOk(['up', write(), '--no-wait'])), 300_000);
  afterAll(() => labOk(['down', NAME]));

  it.each(KERNELS.flatMap((kernel) => ODD.map((name, i) => [name, `${kernel}${i}`] as const)))(
    '%s is only the name of a script that runs, and of a file: %s',
    async (name, node) => {
      const run = (...command: readonly string[]) => lab(['exec', NAME, node, '--', ...command]);
      expect(await run('cat', '/ran', `/root/${name}`)).toMatchObject({ code: 0, stdout: 'ran\necho ran > /ran\n' });
      expect(await run('ls', '/pwned')).toMatchObject({ code: 2 });
    },
  );
});

it('a script of such a name that fails is told by it', async () => {
  const { code, stdout, stderr } = await lab(['up', write({ [ODD[1] ?? '']: 'true\nfalse\n' }), '--no-wait']);
  expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(/\.\/p\(1\)\.sh:2: "false" ended with 1/)]);
}, 300_000);

it('a node and a segment called constructor are there as any other, and only there', async () => {
  await labOk(['up', write(), '--no-wait']);
  try {
    const links = async (node: string) =>
      (await labOk(['exec', NAME, node, '--', 'ip', '-br', 'address', 'show', 'to', '10.0.0.0/8'])).stdout.match(
        /10\.\S+/g,
      );
    expect(await links('constructor')).toEqual(['10.9.0.1/24']);
    expect(await links('host0')).toEqual(['10.0.0.1/16']);
    expect((await labOk(['exec', NAME, 'host0', '--', 'ip', '-br', 'link'])).stdout).not.toContain('eth1');
  } finally {
    await labOk(['down', NAME]);
  }
}, 300_000);

describe('a file of the user', () => {
  /** Every byte there is, also in an order that is no UTF-8. */
  const BYTES = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 167) % 256));
  const PLACES = ['/root/bytes', '/run/bytes', '/run/deep/er/bytes', '/var/run/linked', '/tmp/bytes', '/dev/shm/bytes'];
  const SUM = createHash('sha256').update(BYTES).digest('hex');

  beforeAll(async () => {
    const files = {
      ...Object.fromEntries(PLACES.map((place) => [place, './bytes'])),
      '/root/empty': './empty',
      '/root/program': './program',
      '/root/text': './empty',
    };
    const nodes = KERNELS.map((kernel, k) => [
      kernel,
      { kind: 'host', kernel, lan: `10.0.0.${k + 1}`, files, setup: './setup' },
    ]);
    const file = writeLab(
      folder,
      {
        lab: NAME,
        segments: { lan: '10.0.0.0/16' },
        nodes: Object.fromEntries(nodes),
        services: {},
        vrrp: {},
        scenario: [],
      },
      {
        bytes: BYTES,
        empty: '',
        program: '#!/bin/sh\necho runs\n',
        setup: Buffer.concat([
          Buffer.from('cat /run/bytes > /root/seen\nprintf %s "'),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('" > /root/said\n'),
        ]),
      },
    );
    for (const [name, mode] of Object.entries({ program: 0o750, empty: 0o604 }))
      chmodSync(join(dirname(file), name), mode);
    await labOk(['up', file, '--no-wait']);
  }, 300_000);
  afterAll(() => labOk(['down', NAME]));

  const run = (node: string, ...command: readonly string[]) => lab(['exec', NAME, node, '--', ...command]);

  it.each(KERNELS)(
    'is byte for byte where it was meant to be, on the kernel %s, before the setup script runs',
    async (node) => {
      const { stdout } = await run(node, 'sha256sum', ...PLACES, '/root/seen');
      expect(stdout.trim().split('\n')).toEqual([...PLACES, '/root/seen'].map((place) => `${SUM}  ${place}`));
    },
  );

  it.each(KERNELS)('may be empty, and keeps its mode, on the kernel %s', async (node) => {
    expect(
      await run(node, 'stat', '-c', '%s %a %U', '/root/empty', '/root/text', '/root/bytes', '/root/program'),
    ).toMatchObject({
      stdout: '0 604 root\n0 604 root\n4096 644 root\n20 750 root\n',
    });
    expect(await run(node, '/root/program')).toMatchObject({ code: 0, stdout: 'runs\n' });
    expect(await run(node, 'stat', '-c', '%a %F', '/tmp', '/var/run')).toMatchObject({
      stdout: expect.stringMatching(/^1777 directory\n\d+ symbolic link\n$/),
    });
  });

  it.each(KERNELS)('is a script as it is, also where it is no UTF-8, on the kernel %s', async (node) =>
    expect((await run(node, 'od', '-An', '-tx1', '/root/said')).stdout.trim()).toBe('ff fe'),
  );
});
