import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LabFile, lab, labOk, writeLab } from '../lab.ts';
import { docker, leavesNothing } from './state.ts';

const folder = leavesNothing('own-frr', (name) => name.startsWith('own-frr'));
const file = () =>
  writeLab(folder, {
    ...(parse(readFileSync('labs/fnat-ospf/lab.yaml', 'utf8')) as LabFile),
    lab: 'own-frr',
    scenario: [{ contract: 'web' }],
  });
/** A library of zebra's own, and a name as long that nothing has. */
const [THERE, NOWHERE] = ['libfrr.so.0', 'libxxx.so.0'];
const programs = new Map<string, Buffer>();

beforeAll(async () => {
  await labOk(['up', file()]);
  const read = (path: string) =>
    execFileSync(process.execPath, ['bin/lab', 'exec', 'own-frr', 'lb1', '--', 'cat', path], {
      maxBuffer: 64 * 1024 * 1024,
    });
  for (const name of ['mgmtd', 'zebra', 'ospfd']) programs.set(name, read(`/usr/lib/frr/${name}`));
  programs.set('vtysh', read('/usr/bin/vtysh'));
  await labOk(['down', 'own-frr']);
});
afterAll(async () => {
  // Each build of the user's makes an image, also below one with a kernel.
  const images = await docker.listImages({ filters: { reference: ['lvslab/frr'] } });
  for (const { Id } of images) await docker.getImage(Id).remove({ force: true });
});

/** Writes a build of the user's, each program changed. */
function built(name: string, change: (program: Buffer, name: string) => Buffer): string {
  const at = join(folder, name);
  mkdirSync(join(at, 'sbin'), { recursive: true });
  for (const [program, content] of programs) {
    writeFileSync(join(at, 'sbin', program), change(content, program));
    chmodSync(join(at, 'sbin', program), 0o755);
  }
  return at;
}

describe('an FRR of the user', () => {
  it('runs in the nodes that run FRR', async () => {
    const own = built('mine', (program) => Buffer.concat([program, Buffer.from('built a minute ago')]));
    await labOk(['up', file(), '--frr', own]);
    const { stdout } = await labOk(['exec', 'own-frr', 'lb1', '--', 'tail', '-c', '18', '/usr/lib/frr/ospfd']);
    expect(stdout).toBe('built a minute ago');
    await labOk(['test', 'own-frr']);
    await labOk(['down', 'own-frr']);
  });

  it('that lacks a library does not start, and the library is named', async () => {
    const broken = built('broken', (program, name) => {
      const copy = Buffer.from(program);
      if (name === 'ospfd') copy.write(NOWHERE, program.indexOf(`${THERE}\0`));
      return copy;
    });
    const { code, stderr } = await lab(['up', file(), '--frr', broken]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(NOWHERE)]);
  });

  it('that is not there is a reason to skip', async () => {
    const { code, stderr } = await lab(['test', file(), '--frr', join(folder, 'none')]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('which is no folder')]);
  });
});
