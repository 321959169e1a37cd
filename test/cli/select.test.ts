import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lvslab-select-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', XDG_STATE_HOME: join(folder, 'state') };
const test = (args: readonly string[], cwd?: string) => lab(['test', ...args], { env, ...(cwd ? { cwd } : {}) });

/** Remembers how tests ended that were started from the folder. */
function remember(runs: Readonly<Record<string, boolean>>): void {
  const here = Object.entries(runs).map(([name, passed]) => [name, { argument: name, passed, at: '' }]);
  mkdirSync(join(folder, 'state', 'lvslab'), { recursive: true });
  writeFileSync(join(folder, 'state', 'lvslab', 'tests.json'), JSON.stringify({ [folder]: Object.fromEntries(here) }));
}

function report(name: string, failed: number): void {
  const result = { id: 'x', subject: 'web', step: 'it answers', verdict: failed > 0 ? 'failed' : 'passed', seen: '' };
  const of = { lab: name, file: name, ms: 1000, interrupted: false, results: [result], nodes: [], software: [] };
  mkdirSync(join(folder, 'earlier', name), { recursive: true });
  writeFileSync(join(folder, 'earlier', name, 'results.json'), JSON.stringify({ ...of, engine: { version: '1' } }));
}

describe('lab test', () => {
  it('documents its exit codes', async () => {
    expect((await test(['--help'])).stdout).toMatch(
      /^Exit codes: 0 everything passed[\s\S]* 1 a check failed[\s\S]*130/m,
    );
  });

  it.each([
    [['dr-one-arm', '--shard', '3/2'], /expected a part of all, such as 1\/4/],
    [['dr-one-arm', '--repeat', '0'], /expected a whole number, 1 or more/],
    [['dr-one-arm', '--grep', '('], /expected a regular expression: /],
    [['dr-one-arm', '--grep', 'no such step'], /--grep no such step matches no step of the lab/],
    [['dr-one-arm', 'vrrp', '--grep', 'no such step'], /matches no step of the 2 labs/],
    [['dr-one-arm', '--durations', 'x'], /--durations is for --shard/],
    [['dr-one-arm', '--shard', '1/1', '--durations', 'labs/vrrp/lab.yaml'], /lab\.yaml has no durations: /],
    [['--failed-in', './no-such-report'], /no-such-report is no report: there is nothing/],
  ])('refuses %j with 2 and says what to do', async (args, why) => {
    const { code, stderr } = await test(args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
  });

  it('of a shard without labs says so, notes it in the report, and ends with 0', async () => {
    const dir = join(folder, 'shard');
    const { code, stdout } = await test(['vrrp', 'dr-one-arm', '--shard', '3/3', '--report', dir]);
    expect([code, stdout]).toEqual([0, 'shard 3 of 3 has no lab: there are 2 in all\n']);
    expect(JSON.parse(readFileSync(join(dir, 'shard.json'), 'utf8'))).toEqual({
      shard: { index: 3, of: 3 },
      labs: [],
      all: ['dr-one-arm', 'vrrp'],
    });
    expect(readFileSync(join(dir, 'junit.xml'), 'utf8')).toContain('<testsuites tests="0"');
  });

  it('divides by durations, of a file or of labs/durations.json, after --grep', async () => {
    const dir = join(folder, 'divided');
    mkdirSync(join(dir, 'labs'), { recursive: true });
    const labs = ['dr-one-arm', 'dr-two-arm', 'tun-one-arm', 'vrrp'];
    const args = [...labs, '--grep', 'fulfils', '--shard', '1/2', '--report', 'report'];
    const noted = async (more: readonly string[] = []) => {
      await test([...args, ...more], dir);
      return JSON.parse(readFileSync(join(dir, 'report', 'shard.json'), 'utf8')).labs as string[];
    };
    expect(await noted()).toEqual(['dr-one-arm', 'tun-one-arm']);
    const content = JSON.stringify({ 'dr-one-arm': 1, 'dr-two-arm': 1, 'tun-one-arm': 9, vrrp: 1 });
    writeFileSync(join(dir, 'durations.json'), content);
    expect(await noted(['--durations', 'durations.json'])).toEqual(['tun-one-arm']);
    writeFileSync(join(dir, 'labs', 'durations.json'), content);
    expect(await noted()).toEqual(['tun-one-arm']);
  });

  it('--last-failed takes the labs that did not pass, and ends with 0 if there is none', async () => {
    remember({ vrrp: true, 'dr-one-arm': true });
    expect(await test(['--last-failed'], folder)).toMatchObject({
      code: 0,
      stdout: 'nothing to test: every lab passed when it was last tested\n',
    });
    remember({ vrrp: true, 'dr-one-arm': false });
    expect((await test(['--last-failed', 'vrrp'], folder)).code).toBe(0);
    expect((await test(['--last-failed'], folder)).code).toBe(3); // there is no engine to test it
    expect((await test(['--last-failed', '--shard', '2/2'], folder)).stdout).toContain('there is 1 in all');
  });

  it('--failed-in takes the labs that did not pass in a report', async () => {
    report('vrrp', 0);
    report('dr-one-arm', 1);
    const args = ['--failed-in', join(folder, 'earlier'), '--shard', '2/2', '--report', join(folder, 'rest')];
    expect((await test(args)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'rest', 'shard.json'), 'utf8'))).toMatchObject({ all: ['dr-one-arm'] });
  });
});
