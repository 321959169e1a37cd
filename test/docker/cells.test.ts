import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pageOf } from '../../src/page/folder.ts';
import { fnatFile, lab, labOk, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'cells';
const folder = leavesNothing(NAME, (name) => name.startsWith(`${NAME}-`));
const file = writeLab(folder, { ...fnatFile(), lab: NAME, scenario: [{ contract: 'web' }] });
const MATRIX = ['--matrix', 'kernel=uml,qemu', '--timeout', '300s'];

it('a lab is tested with every combination; JSON, JUnit and the page tell them apart', async () => {
  const report = join(folder, 'report');
  const { stdout } = await labOk(['test', file, ...MATRIX, '--report', report, '--json']);
  const reports = JSON.parse(stdout) as { lab: string; cell: string; counts: { failed: number; passed: number } }[];
  expect(reports.map((r) => [r.lab, r.cell, r.counts.failed])).toEqual([
    ['cells-1', 'kernel=uml', 0],
    ['cells-2', 'kernel=qemu', 0],
  ]);
  expect(reports.every((r) => r.counts.passed > 0)).toBe(true);
  expect(readFileSync(join(report, 'junit.xml'), 'utf8')).toMatch(
    /testsuite name="cells-1"[\s\S]*testsuite name="cells-2"/,
  );
  expect(pageOf(report, '', { fileBytes: 0, samples: 1 }).labs.map((l) => l.name)).toEqual(['cells-1', 'cells-2']);
}, 600_000);

it('a combination that cannot run is told, and the others run', async () => {
  const none = join(folder, 'none');
  const { code, stdout } = await lab(['test', file, '--matrix', `keepalived=${none},image`]);
  expect([code, stdout]).toEqual([3, expect.stringMatching(/^pass +keepalived=image +cells-2 +\d+ passed, 0 failed/m)]);
  expect(stdout).toMatch(new RegExp(`keepalived=${none} +cells-1 .*which is no file`));
}, 300_000);
