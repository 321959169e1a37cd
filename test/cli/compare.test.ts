import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };

/** Writes a report of many runs, as `lab measure --report` does. */
function write(name: string, verdict: string, outages: readonly number[], keepalived: string): void {
  const results = outages.map((outage) => ({
    id: 'fault.outage',
    subject: 'web',
    step: 'lb1 is killed',
    verdict,
    promised: 'outage at most 3.61 s',
    seen: `outage ${outage} ms`,
    evidence: [],
    ms: 1,
    figures: { outage, worstLag: 2 },
  }));
  const report = {
    ...{ lab: 'vrrp', engine: { version: '20.10' }, nodes: [], software: [`keepalived ${keepalived}`] },
    results,
  };
  mkdirSync(join(folder, name, 'run'), { recursive: true });
  writeFileSync(join(folder, name, 'run', 'results.json'), JSON.stringify(report));
}

beforeAll(() => {
  const from = (first: number) => Array.from({ length: 10 }, (_, i) => first + i);
  write('before', 'passed', from(3000), '2.2.7');
  write('slower', 'passed', from(3300), '2.3.3');
  write('broken', 'failed', from(3000), '2.2.7');
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'text.json'), 'no JSON');
  writeFileSync(join(folder, 'other.json'), '{"lab": 1}');
});
const compare = (before: string, after: string, ...more: string[]) =>
  lab(['compare', join(folder, before), join(folder, after), ...more], NO_ENGINE);

describe('lab compare', () => {
  it('of reports in which nothing changed says so, and ends with 0', async () => {
    const { code, stdout } = await compare('before', 'before/run/results.json');
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 check as before, 0 not')]);
    expect(stdout).toContain('1 figure compared by ranks');
    expect(stdout).not.toContain('worse');
  });

  it('tells a longer outage and what it ran on, and ends with 1', async () => {
    const { code, stdout } = await compare('before', 'slower');
    expect(code).toBe(1);
    expect(stdout).toContain('keepalived: 2.2.7, now 2.3.3');
    expect(stdout).toMatch(
      /^worse +vrrp +fault\.outage web \(lb1 is killed\) +outage: median 3\.00 s of 10 runs, now 3\.30 s of 10 \(p < 0\.0001, each ± 27 ms\)$/m,
    );
    expect((await compare('slower', 'before')).code).toBe(0);
  });

  it('tells a verdict that changed, as JSON too', async () => {
    const { code, stdout } = await compare('before', 'broken', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      before: ['vrrp'],
      changes: [{ kind: 'verdict', way: 'worse', before: 'passed', after: 'failed', seen: 'outage 3000 ms' }],
    });
  });

  it.each([
    ['nothing', /nothing is no report: there is nothing/],
    ['empty', /empty is no report: the folder has no results\.json/],
    ['text.json', /text\.json is no report: Unexpected token/],
    ['other.json', /other\.json is no report: it is not what `lab test --json` or `--report` writes/],
  ])('refuses %s, with what to give', async (path, why) => {
    const { code, stderr } = await compare('before', path);
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(stderr).toContain('lab measure --report');
  });
});
