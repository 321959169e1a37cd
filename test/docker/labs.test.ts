import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { driversOf } from '../../src/drivers/index.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { promisesOf } from '../../src/scenario/run.ts';
import { lab } from '../lab.ts';
import { leavesNothing } from './state.ts';

interface Report {
  lab: string;
  error?: string;
  results: { id: string; subject: string; verdict: string; seen: string }[];
}

const labs = readdirSync('labs');
// One that runs is somebody's: it is tested as it runs, and stays.
const folder = leavesNothing('labs', (lab, runs) => labs.includes(lab) && !runs);
let reports: Report[] = [];
let outcome: { code: number | null; stderr: string };

beforeAll(async () => {
  const { code, stdout, stderr } = await lab(['test', '--all', '--again', '2', '--json', '--report', folder]);
  outcome = { code, stderr };
  reports = JSON.parse(stdout || '[]') as Report[];
}, 2_400_000);

/** Returns why a lab is skipped on this machine, in words of its error; undefined if it is not. */
function whySkipped(of: Lab): string | undefined {
  const missing = driversOf(of).flatMap((d) => d.missing() ?? [])[0];
  if (missing !== undefined) return missing;
  return of.nodes.some((n) => n.kni) && !existsSync('/dev/vhost-net') ? 'no /dev/vhost-net' : undefined;
}

describe('lab test --all', () => {
  it.each(labs)('%s passes, and says what it is', (name) => {
    const report = reports.find((r) => r.lab === name);
    const file = readLab(`labs/${name}/lab.yaml`);
    // Without the program that a driver needs, or a device of the machine, its labs are skipped.
    const missing = file.ok ? whySkipped(file.value) : undefined;
    const due = missing === undefined ? 'passed' : 'skipped';
    const wrong = report?.results.filter((r) => r.verdict !== due).map((r) => `${r.id} ${r.subject}: ${r.seen}`);
    expect([report?.error?.includes(missing ?? '-') ?? false, wrong], outcome.stderr).toEqual([
      missing !== undefined,
      [],
    ]);
    // What a lab tells of is known from its file alone, and so the same in every run.
    const announced = file.ok ? file.value.scenario.flatMap((step) => promisesOf(file.value, step)) : [];
    expect(report?.results.map((r) => `${r.id} ${r.subject}`)).toEqual(announced.map((p) => `${p.id} ${p.subject}`));
    expect(announced.length).toBeGreaterThan(0);
    expect(readFileSync(`labs/${name}/README.md`, 'utf8')).toContain(`lab up ${name}`);
    expect(readFileSync('README.md', 'utf8')).toContain(`(labs/${name})`);
  });

  it('ends with 0 and leaves one report of all', () => {
    const skipped = labs.some((name) => {
      const file = readLab(`labs/${name}/lab.yaml`);
      return file.ok && whySkipped(file.value) !== undefined;
    });
    expect(outcome.code).toBe(skipped ? 3 : 0);
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8').match(/<testsuite /g)).toHaveLength(labs.length);
    expect(statSync(join(folder, 'report.html')).size).toBeLessThan(5_000_000);
  });
});
