import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LabFile, lab, labOk, writeLab } from '../lab.ts';
import { docker, leavesNothing } from './state.ts';

const folder = leavesNothing('own-keepalived', (name) => name.startsWith('own-keepalived'));
const file = (name: string) =>
  writeLab(folder, { ...(parse(readFileSync('labs/dr-one-arm/lab.yaml', 'utf8')) as LabFile), lab: name });
/** A library of keepalived's, and a name as long that nothing has. */
const [THERE, NOWHERE] = ['libnl-3.so.200', 'libxx-3.so.200'];
let program: Buffer;

beforeAll(async () => {
  await labOk(['up', file('own-keepalived')]);
  const argv = ['bin/lab', 'exec', 'own-keepalived', 'lb', '--', 'cat', '/usr/sbin/keepalived'];
  program = execFileSync(process.execPath, argv, { maxBuffer: 64 * 1024 * 1024 });
  await labOk(['down', 'own-keepalived']);
});
afterAll(async () => {
  // Each build of the user's makes an image.
  const images = await docker.listImages({ filters: { reference: ['lvslab/keepalived'] } });
  for (const { Id } of images) await docker.getImage(Id).remove({ force: true });
});

/** Writes a program of the user's. */
function written(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('a keepalived of the user', () => {
  it('runs in the directors, and the report says so', async () => {
    const own = written('mine', Buffer.concat([program, Buffer.from('built a minute ago')]));
    const { stdout } = await labOk(['test', file('own-keepalived'), '--keepalived', own, '--json']);
    const { nodes } = JSON.parse(stdout) as { nodes: { name: string; driver?: string }[] };
    expect(nodes.find((n) => n.name === 'lb')?.driver).toMatch(/^kernel LVS, Keepalived v\d/);
  });

  it('that lacks a library does not start, and the library is named', async () => {
    const at = program.indexOf(THERE);
    expect(at).toBeGreaterThan(0);
    const broken = Buffer.from(program);
    broken.write(NOWHERE, at);
    const { code, stderr } = await lab(['up', file('own-keepalived'), '--keepalived', written('broken', broken)]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(NOWHERE)]);
  });

  it('that is not there is a reason to skip', async () => {
    const { code, stderr } = await lab(['test', file('own-keepalived'), '--keepalived', join(folder, 'none')]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('which is no file')]);
  });
});
