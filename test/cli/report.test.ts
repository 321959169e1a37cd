import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };
const ALL = ['a', 'b', 'c'];

interface Made {
  readonly verdict?: string;
  readonly started?: string;
  readonly more?: object;
}

/** Writes the report of a run as `lab test --report` does; `path`: its folder. */
function write(path: string, name: string, { verdict = 'passed', started = '10:00', more = {} }: Made = {}): void {
  const at = `2026-01-01T${started}:00.000Z`;
  const result = {
    id: 'x',
    subject: 'web',
    step: 'it answers',
    verdict,
    promised: 'p',
    seen: 's',
    evidence: [],
    ms: 1,
  };
  const report = { lab: name, file: name, source: '', started: at, ms: 60_000, interrupted: false, ...more };
  const about = { engine: { version: '1', apiVersion: '1', kernel: '1', address: '' }, nodes: [], software: [] };
  mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, path, 'results.json'), JSON.stringify({ ...report, ...about, results: [result] }));
  writeFileSync(join(folder, path, 'lan.pcap'), `packets of ${name}`);
  writeFileSync(join(folder, path, 'events.ndjson'), `{"at":"${at}","type":"step","lab":"${name}"}\n{"at":"20`);
}

function shard(path: string, index: number, labs: readonly string[], of = 2, all = ALL): void {
  mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, path, 'shard.json'), JSON.stringify({ shard: { index, of }, labs, all }));
}

let made = 0;
async function merge(...folders: readonly string[]) {
  const out = join(folder, `out-${made++}`);
  const outcome = await lab(['report', 'merge', ...folders.map((f) => join(folder, f)), '--out', out], NO_ENGINE);
  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  return { ...outcome, out, read };
}

describe('lab report merge', () => {
  it('makes one report of those of shards, with everything in it', async () => {
    shard('good/1', 1, ['a', 'c']);
    write('good/1/c', 'c', { started: '09:00' });
    write('good/1/a', 'a', { started: '11:00' });
    shard('good/2', 2, ['b']);
    write('good/2/b', 'b');
    symlinkSync('/etc/hostname', join(folder, 'good/2/b/link'));
    const { code, stdout, read, out } = await merge('good');
    expect(stdout).toContain('3 of 3 labs passed: 3 passed, 0 failed in 7260.00 s');
    expect(code).toBe(0);
    expect(JSON.parse(read('results.json')).map((r: { lab: string }) => r.lab)).toEqual(ALL);
    expect([...read('junit.xml').matchAll(/<testsuite name="(.)"/g)].map((m) => m[1])).toEqual(ALL);
    const events = read('events.ndjson').trim().split('\n');
    expect(events.map((line) => JSON.parse(line).report)).toEqual(['c', 'b', 'a']);
    expect(JSON.parse(read('durations.json'))).toEqual({ a: 60, b: 60, c: 60 });
    expect(read('b/lan.pcap')).toBe('packets of b');
    expect(existsSync(join(out, 'b', 'link'))).toBe(false);
    // Its reports are read once, and it can be merged again.
    expect((await lab(['compare', out, join(folder, 'good')], NO_ENGINE)).stdout).toContain('3 reports');
    const again = await merge(out.slice(folder.length + 1));
    expect([again.code, again.read('c/lan.pcap')]).toEqual([0, 'packets of c']);
  });

  it('counts a lab that was tested again once: the test that started last; it is flaky', async () => {
    write('twice/2/a', 'a', { started: '12:00' });
    write('twice/1/a', 'a', { verdict: 'failed', started: '11:00' });
    const { code, stdout, read } = await merge('twice/2', 'twice/1');
    expect(code).toBe(0);
    expect(stdout).toContain('a was tested 2 times; the test of 2026-01-01T12:00:00.000Z counts');
    expect(stdout).toMatch(/^FLAKY {2}a {2}passed in 1 of 2 runs \(failed, passed\)/m);
    expect(JSON.parse(read('results.json'))).toMatchObject([
      { lab: 'a', counts: { passed: 1, failed: 0 }, history: { runs: ['failed', 'passed'], flaky: true } },
    ]);
    expect(read('junit.xml')).toContain('<property name="flaky" value="true"/>');
    expect(read('junit.xml')).toContain('tests="1" failures="0"');
  });

  it('keeps every run of a lab that was repeated, and fails if one failed', async () => {
    write('runs/a/run-1', 'a', { more: { run: 1 } });
    write('runs/a/run-2', 'a', { verdict: 'failed', more: { run: 2 } });
    const { code, stdout, out } = await merge('runs');
    expect([code, stdout]).toEqual([1, expect.stringContaining('passed in 1 of 2 runs (passed, failed)')]);
    expect(existsSync(join(out, 'a', 'run-2', 'lan.pcap'))).toBe(true);
  });

  it('ends with 3 if a shard or a lab of a shard is missing, and says which', async () => {
    shard('part/1', 1, ['a', 'c']);
    write('part/1/a', 'a');
    const { code, stdout, read } = await merge('part');
    expect(code).toBe(3);
    expect(stdout).toContain('no folder of shard 2 of 2');
    expect(stdout).toMatch(/^ERROR {2}b .*no shard has a report of it; missing are 2 of 2$/m);
    expect(stdout).toMatch(/^ERROR {2}c .*shard 1 of 2 has no report of it$/m);
    expect(read('junit.xml')).toContain('errors="2"');
  });

  it.each([
    ['inconclusive', {}, 3],
    ['skipped', { error: 'no kernel', ending: 'environment' }, 3],
    ['passed', { error: 'these nodes did not come up', ending: 'failed' }, 1],
    ['failed', { error: 'gone', ending: 'environment' }, 1],
  ])('of a run that is %s, with %j, ends with %d, as the run did', async (verdict, more, expected) => {
    write(`ends-${verdict}/a`, 'a', { verdict, more });
    expect((await merge(`ends-${verdict}`)).code).toBe(expected);
  });

  it.each([
    ['shards of other numbers', 3, ['b'], ALL, /shard 1 is one of 2, shard 2 one of 3/],
    ['shards of other labs', 2, ['b'], ['a', 'b'], /shards 1 and 2 divide different labs/],
    ['shards that were divided otherwise', 2, ['a', 'b'], ALL, /shards 1 and 2 both have a/],
  ])('refuses %s', async (what, of, labs, all, why) => {
    shard(`${what}/1`, 1, ['a', 'c']);
    shard(`${what}/2`, 2, labs, of, all);
    const { code, stderr } = await merge(what);
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(stderr).toContain('the same --durations on every machine');
  });

  it('refuses a folder without a report, a lab whose name leads elsewhere, and an --out that is not empty', async () => {
    mkdirSync(join(folder, 'none'));
    expect(await merge('none')).toMatchObject({ code: 2, stderr: expect.stringContaining('has no results.json') });
    expect(await merge('nowhere')).toMatchObject({ code: 2, stderr: expect.stringContaining('no such folder') });
    write('evil', '../evil');
    expect(await merge('evil')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"../evil" is no lab’s name'),
    });
    write('full', 'a');
    const full = await lab(['report', 'merge', join(folder, 'full'), '--out', join(folder, 'full')], NO_ENGINE);
    expect(full).toMatchObject({ code: 2, stderr: expect.stringContaining('is not empty') });
  });
});

describe('lab report open', () => {
  it('prints the address of the page, or says that there is none', async () => {
    write('page', 'a');
    const open = () => lab(['report', 'open', join(folder, 'page')], NO_ENGINE);
    expect(await open()).toMatchObject({ code: 2, stderr: expect.stringContaining('has no report.html') });
    writeFileSync(join(folder, 'page', 'report.html'), '');
    expect(await open()).toMatchObject({ code: 0, stdout: `file://${join(folder, 'page', 'report.html')}\n` });
    expect((await lab(['report', 'open', join(folder, 'nowhere')])).code).toBe(2);
  });
});
