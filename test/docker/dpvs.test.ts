import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { DPVS_LABS } from '../dpvs-labs.ts';
import { lab } from '../lab.ts';
import type { Result } from './broken.ts';
import { leavesNothing } from './state.ts';

/** Why labs with DPVS are not tested here: the user's own build is missing. */
const missing = drivers.dpvs.missing();

const folder = leavesNothing('dpvs', (name) => DPVS_LABS.includes(name));

interface Report {
  readonly lab: string;
  readonly error?: string;
  readonly results: readonly Result[];
}

describe.skipIf(missing !== undefined)(`labs of kernel LVS, with DPVS (${missing ?? 'a build is here'})`, () => {
  let reports: readonly Report[] = [];
  let stderr = '';
  beforeAll(async () => {
    const tested = await lab([
      ...['test', ...DPVS_LABS, '--driver', 'dpvs', '--again', '2', '--json'],
      ...['--report', join(folder, 'labs')],
    ]);
    stderr = tested.stderr;
    reports = JSON.parse(tested.stdout || '[]') as Report[];
  }, 900_000);

  it.each(DPVS_LABS)('%s passes', (name) => {
    const report = reports.find((r) => r.lab === name);
    const wrong = report?.results.filter((r) => r.verdict !== 'passed').map((r) => `${r.id} ${r.subject}: ${r.seen}`);
    expect([report?.error, wrong], stderr).toEqual([undefined, []]);
    expect(report?.results.length).toBeGreaterThan(0);
  });
});

describe('a lab with DPVS and without a build of it', () => {
  it('is skipped, with the reason and exit code 3', async () => {
    const nowhere = join(mkdtempSync(join(tmpdir(), 'lvslab-no-dpvs-')), 'bin');
    const { code, stdout, stderr } = await lab(['test', 'fnat-two-arm', '--driver', 'dpvs', '--json'], {
      env: { LAB_DPVS: nowhere },
    });
    rmSync(join(nowhere, '..'), { recursive: true });
    const why = `there is no build of DPVS: LAB_DPVS or --dpvs names ${nowhere}, which is no folder`;
    expect([code, stderr]).toEqual([3, expect.stringContaining(why)]);
    const { results, counts } = JSON.parse(stdout) as { results: { verdict: string }[]; counts: object };
    expect(results.every((r) => r.verdict === 'skipped')).toBe(true);
    expect(counts).toEqual({ passed: 0, failed: 0, inconclusive: 0, skipped: results.length });
  });
});
