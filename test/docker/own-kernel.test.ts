import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LabFile, lab, labOk, writeLab } from '../lab.ts';
import { docker, leavesNothing } from './state.ts';

const NAME = 'own-kernel';
const folder = leavesNothing(NAME, (name) => name === NAME);
const file = writeLab(folder, {
  ...(parse(readFileSync('labs/dr-one-arm/lab.yaml', 'utf8')) as LabFile),
  ...{ lab: NAME, kernel: 'qemu' },
});
let before: readonly string[];

const images = async () => (await docker.listImages({ filters: { reference: ['lvslab/qemu'] } })).map((i) => i.Id);
const inNode = (...command: string[]) =>
  execFileSync(process.execPath, ['bin/lab', 'exec', NAME, 'lb', '--', ...command], { maxBuffer: 512 * 1024 * 1024 });

afterAll(async () => {
  await lab(['down', NAME]);
  for (const id of await images()) if (!before.includes(id)) await docker.getImage(id).remove({ force: true });
});

it('a kernel of the user, in a folder as it is built, runs in the nodes, and the report says so', async () => {
  await labOk(['up', file, '--timeout', '300s']);
  before = await images();
  const own = join(folder, 'mine');
  mkdirSync(own);
  writeFileSync(join(own, 'vmlinux'), inNode('cat', '/boot/vmlinux'));
  const release = inNode('uname', '-r').toString().trim();
  const packed = inNode('tar', '-C', '/usr', '-cf', '-', `lib/modules/${release}`);
  execFileSync('tar', ['-C', own, '-xf', '-'], { input: packed });
  await labOk(['down', NAME]);
  const modules = join(own, 'lib/modules', release);
  // As `make modules_install` leaves it: a link to the source, which is not there.
  symlinkSync('/nowhere/linux', join(modules, 'build'));
  writeFileSync(join(modules, 'kernel/net/mine'), 'built a minute ago');

  const { stdout } = await labOk(['test', file, '--qemu', own, '--timeout', '300s', '--keep', '--json']);
  const { nodes } = JSON.parse(stdout) as { nodes: { name: string; kernelVersion: string }[] };
  expect(nodes.find((n) => n.name === 'lb')?.kernelVersion).toContain(release);
  const mine = inNode('cat', `/usr/lib/modules/${release}/kernel/net/mine`);
  expect(mine.toString()).toBe('built a minute ago');
  await labOk(['down', NAME]);
}, 900_000);

it('a folder that is no kernel’s is told in the words of what looks for it', async () => {
  const odd = join(folder, 'odd');
  mkdirSync(join(odd, 'lib/modules/one'), { recursive: true });
  mkdirSync(join(odd, 'lib/modules/other'));
  for (const name of ['bzImage', 'lib/modules/one/modules.order', 'lib/modules/other/modules.order'])
    writeFileSync(join(odd, name), '');
  const { code, stderr } = await lab(['test', file, '--qemu', odd]);
  expect([code, stderr]).toEqual([3, expect.stringContaining('lib/modules has several kernels: one other')]);
}, 300_000);

it('a folder without a kernel is a reason to skip', async () => {
  const { code, stderr } = await lab(['test', file, '--qemu', folder]);
  expect([code, stderr]).toEqual([3, expect.stringContaining('which has not both bzImage and lib/modules')]);
});
