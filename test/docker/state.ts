import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect } from 'vitest';
import { LABEL } from '../../src/engine/labels.ts';
import { labOk } from '../lab.ts';

export const docker = new Docker();

/** Names of the containers of a lab, or of all labs. */
export async function containersOf(lab?: string): Promise<string[]> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: [lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`] },
  });
  return all.map((c) => c.Names[0] ?? '').sort();
}

/** Runs a command in a container by its name, beside whatever `lab` does there. */
export async function execIn(name: string, command: string[]): Promise<{ code: number; stdout: string }> {
  const exec = await docker.getContainer(name).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const out = new PassThrough();
  docker.modem.demuxStream(stream, out, new PassThrough().resume());
  stream.once('end', () => out.end());
  let stdout = '';
  for await (const chunk of out) stdout += String(chunk);
  return { code: (await exec.inspect()).ExitCode ?? -1, stdout };
}

/**
 * A folder for the tests of a file, and the proof that their labs leave nothing: afterwards the folder is removed, and
 * containers of its labs are as before. What an earlier run left that was broken off (a closed terminal, a machine switched
 * off) is taken down first: `isLeft` knows it by a lab's name, and whether anything of it runs. Files run side by side, so
 * each has names of its own for its labs; that the machine is as before is seen after all files (host-state.ts).
 */
export function leavesNothing(name: string, isLeft: (lab: string, runs: boolean) => boolean): string {
  const folder = mkdtempSync(join(tmpdir(), `lvslab-${name}-`));
  const own = async () => (await containersOf()).filter((c) => isLeft(c.split('.')[1] ?? '', false));
  let before: readonly string[];
  beforeAll(async () => {
    const there = await docker.listContainers({ all: true, filters: { label: [LABEL.lab] } });
    const names = [...new Set(there.map((c) => c.Labels[LABEL.lab] ?? ''))];
    const runs = (lab: string) => there.some((c) => c.Labels[LABEL.lab] === lab && c.State === 'running');
    const left = names.filter((lab) => isLeft(lab, runs(lab)));
    if (left.length > 0) await labOk(['down', ...left]);
    before = await own();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    expect(await own()).toEqual(before);
  });
  return folder;
}
