import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

/** What must be answered at once: what waits for a file or a device would wait for ever. */
const AT_ONCE = { deadline: 20_000, env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lvslab-intake-')));
const [mine, outside] = [join(folder, 'mine'), join(folder, 'outside')];
const socket = createServer();

beforeAll(async () => {
  for (const made of [mine, outside, join(mine, 'folder')]) mkdirSync(made);
  writeFileSync(join(outside, 'secret'), 'the password\n');
  writeFileSync(join(mine, 'good.sh'), 'true\n');
  writeFileSync(join(mine, 'large'), '');
  truncateSync(join(mine, 'large'), 5 * 1024 ** 3);
  symlinkSync('good.sh', join(mine, 'link-inside'));
  symlinkSync('../outside/secret', join(mine, 'link'));
  symlinkSync('/dev/zero', join(mine, 'link-to-device'));
  symlinkSync('link-of-links', join(mine, 'link-of-links'));
  symlinkSync(outside, join(mine, 'linked-folder'));
  symlinkSync(mine, join(folder, 'mine-linked'));
  execFileSync('mkfifo', [join(mine, 'fifo'), join(folder, 'fifo.yaml')]);
  symlinkSync('/dev/zero', join(folder, 'zero.yaml'));
  symlinkSync('../outside/secret', join(mine, 'secret.yaml'));
  await new Promise<void>((done) => socket.listen(join(mine, 'socket'), done));
});
afterAll(async () => {
  await new Promise((done) => socket.close(done));
  rmSync(folder, { recursive: true, force: true });
});

/** A lab of one node that takes these files, each on a line of its own from the fifth on. */
function writeTaking(paths: readonly string[], key = 'files'): string {
  const file = join(mine, 'lab.yaml');
  const takes = paths.map((path, i) => `    /x${i}: ${JSON.stringify(path)}\n`).join('');
  writeFileSync(
    file,
    `lab: mine\nsegments: { lan: 10.0.0.0/24 }\nnodes: { c: { kind: director, lan: 10.0.0.1,${
      key === 'files'
        ? `\n  files: {\n${takes.replaceAll('\n', ',\n')}  } } }`
        : `\n  ${key}: ${JSON.stringify(paths[0])} } }`
    }\n`,
  );
  return file;
}

describe('a file that a lab takes', () => {
  it('lies in its folder when links are followed', async () => {
    const right = ['good.sh', './folder/../good.sh', 'link-inside', join(mine, 'good.sh')];
    for (const file of [writeTaking(right), join(folder, 'mine-linked', 'lab.yaml')])
      expect(await lab(['validate', file], AT_ONCE)).toMatchObject({ code: 0, stderr: '' });
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['../outside/secret', /is outside the lab's folder, at .*outside\/secret; .*--allow-outside/],
    ['/etc/passwd', /is outside the lab's folder/],
    ['/proc/self/environ', /is outside the lab's folder/],
    ['link', /is outside the lab's folder, at .*outside\/secret/],
    ['linked-folder/secret', /is outside the lab's folder, at .*outside\/secret/],
    ['folder/../../outside/secret', /is outside the lab's folder/],
    ['/dev/zero', /is outside the lab's folder/],
    ['link-to-device', /is outside the lab's folder, at \/dev\/zero/],
    ['fifo', /is a FIFO, not a file/],
    ['socket', /is a socket, not a file/],
    ['folder', /is a folder, not a file/],
    ['.', /is a folder, not a file/],
    ['large', /has 5120 MB; the limit is 1 MB/],
    ['link-of-links', /is a symbolic link that leads in a circle/],
    ['nowhere', /does not exist/],
    ['good.sh/more', /does not exist/],
    ['a\0b', /cannot be read/],
    ['x'.repeat(5000), /has a name that is too long/],
  ];

  it('is refused otherwise, with its place, at once', async () => {
    const { code, stderr } = await lab(['validate', writeTaking(wrong.map(([path]) => path))], AT_ONCE);
    expect(code).toBe(2);
    for (const [i, [path, words]] of wrong.entries()) {
      const told = stderr.split('\n').find((line) => line.includes(`lab.yaml:${5 + i}:`));
      expect(told, path).toMatch(words);
    }
  });

  it.each(['setup', 'keepalived'])('is held to the same as %s', async (key) => {
    const { code, stderr } = await lab(['validate', writeTaking(['link'], key)], AT_ONCE);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/lab\.yaml:4:\d+ .*is outside the lab's folder/)]);
  });

  it('may come from elsewhere with --allow-outside, but is a file even then', async () => {
    const file = writeTaking(['../outside/secret', 'link', '/etc/passwd', '/proc/self/status']);
    expect(await lab(['validate', '--allow-outside', file], AT_ONCE)).toMatchObject({ code: 0, stderr: '' });
    const { stderr } = await lab(['validate', '--allow-outside', writeTaking(['/dev/zero', 'fifo'])], AT_ONCE);
    expect(stderr).toMatch(/lab\.yaml:5:.*is a device, not a file[\s\S]*lab\.yaml:6:.*is a FIFO, not a file/);
  });

  it.each(['up', 'test', 'graph', 'measure'])('is held to the same by lab %s', async (verb) => {
    const file = writeTaking(['link']);
    const more = verb === 'measure' ? ['--fault', 'kill:c'] : [];
    const { code, stderr } = await lab([verb, file, ...more], AT_ONCE);
    expect([code, stderr]).toEqual([2, expect.stringContaining("is outside the lab's folder")]);
    const allowed = await lab([verb, '--allow-outside', file, ...more], AT_ONCE);
    expect(allowed.stderr).not.toContain("is outside the lab's folder");
  });

  it('has together with the others no more than a lab may carry', async () => {
    writeFileSync(join(mine, 'half'), Buffer.alloc(512 * 1024));
    expect((await lab(['validate', writeTaking(Array(16).fill('half'))], AT_ONCE)).code).toBe(0);
    const { stderr } = await lab(['validate', writeTaking(Array(17).fill('half'))], AT_ONCE);
    expect(stderr).toMatch(/lab\.yaml:21:.*exceeds the limit for all files of a lab, 8 MB/);
  });

  it.skipIf(process.getuid?.() === 0)('is one that the caller may read', async () => {
    writeFileSync(join(mine, 'locked'), '');
    chmodSync(join(mine, 'locked'), 0);
    expect((await lab(['validate', writeTaking(['locked'])], AT_ONCE)).stderr).toMatch(
      /cannot be read: permission denied/,
    );
  });
});

describe('a lab file', () => {
  it.each([
    ['fifo.yaml', /fifo\.yaml: the lab file is a FIFO, not a file/],
    ['zero.yaml', /the lab file is outside the lab's folder, at \/dev\/zero/],
    ['mine/secret.yaml', /the lab file is outside the lab's folder/],
    ['mine/large', /has 5120 MB; the limit is 1 MB/],
    ['mine/socket', /the lab file is a socket, not a file/],
  ])('that is %s is refused at once', async (name, words) => {
    const { code, stderr } = await lab(['validate', join(folder, name)], AT_ONCE);
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(stderr).not.toContain('the password');
  });

  it('that is a device is refused with --allow-outside, too', async () =>
    expect((await lab(['validate', '--allow-outside', '/dev/zero'], AT_ONCE)).stderr).toMatch(
      /\/dev\/zero: the lab file is a device, not a file/,
    ));
});
