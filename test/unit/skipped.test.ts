import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import type { Event } from '../../src/events.ts';
import { promisesOf } from '../../src/scenario/run.ts';
import { testLab } from '../../src/scenario/test-lab.ts';
import { fnatLab } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-skipped-'));
const cache = process.env['XDG_CACHE_HOME'];
beforeAll(() => {
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
  rmSync(folder, { recursive: true });
});

/** An engine on which no kernel can do what a driver tries. */
const engine = {
  info: async () => ({ id: 'none', kernel: '1.0', version: '1', apiVersion: '1', address: 'nowhere' }),
  hasImage: async () => true,
  list: async () => [],
  runOnce: async () => ({ code: 1, stdout: '1.0\nip_vs: no such module', stderr: '' }),
} as unknown as Engine;

describe('a lab whose directors cannot run on this engine', () => {
  it('is skipped, every check of it, with the reason', async () => {
    const lab = fnatLab();
    const events: Event[] = [];
    const run = { lab, argument: lab.lab, runs: false, report: folder, keep: false, bail: false, bootDeadline: 1000 };
    const tested = await testLab(engine, run, (event) => events.push(event), new AbortController().signal);
    const promised = lab.scenario.flatMap((step) => promisesOf(lab, step));
    const { results, counts } = tested.report;
    expect(results.map(({ id, subject }) => ({ id, subject }))).toEqual(
      promised.map(({ id, subject }) => ({ id, subject })),
    );
    expect(counts).toEqual({ passed: 0, failed: 0, inconclusive: 0, skipped: promised.length });
    for (const { seen } of results)
      expect(seen).toBe(
        'no kernel here can run a director (uml: ip_vs: no such module; host: ip_vs: no such module; qemu: ip_vs: no such module)',
      );
    expect(tested.failure).toMatchObject({ reason: 'no-usable-kernel', hint: expect.stringContaining('ip_vs') });
    expect(events.filter((e) => e.type === 'check')).toHaveLength(promised.length);
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain(`skipped="${promised.length}"`);
  });
});
