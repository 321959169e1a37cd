import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Stalls } from '../../src/checks/stalls.ts';
import type { ExecStream } from '../../src/engine/engine.ts';
import type { Hand } from '../../src/plan/hand.ts';
import { Evidence } from '../../src/report/evidence.ts';
import { fnatLab } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-stalls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nodes whose pulses a test writes; lb2 is not there. */
let pulses: Map<string, PassThrough>;
let hand: Hand;
let stalls: Stalls;
let now: number;
beforeEach(async () => {
  now = 1;
  pulses = new Map();
  hand = {
    lab: fnatLab(),
    now: async () => now,
    spawn: async (node: string) => {
      if (node === 'lb2') throw new Error('lb2 does not run');
      const stdout = new PassThrough();
      stdout.write('{"at":1,"late":0}\n');
      pulses.set(node, stdout);
      return { stdin: new PassThrough(), stdout, stderr: new PassThrough() } as unknown as ExecStream;
    },
  } as unknown as Hand;
  stalls = new Stalls(hand, new Evidence(folder));
  await stalls.watch();
});

async function beat(node: string, at: number, late: number): Promise<void> {
  pulses.get(node)?.write(`${JSON.stringify({ at, late })}\n`);
  await new Promise(setImmediate);
}

describe('stalls', () => {
  it('are told of the node that stood still longest, and kept', async () => {
    await beat('lb1', 2_000_000, 200_000);
    expect(await stalls.since(0)).toBeUndefined();
    await beat('lb1', 3_000_000, 400_000);
    await beat('rs1', 3_000_000, 500_000);
    expect(await stalls.since(0)).toBe('lb1 was stalled for 600 ms in 2 intervals (stalls.ndjson)');
    expect(await stalls.since(2_500_000)).toBe('rs1 was stalled for 500 ms (stalls.ndjson)');
    expect(await stalls.since(3_000_000)).toBeUndefined();
    expect(readFileSync(join(folder, 'stalls.ndjson'), 'utf8').split('\n')[0]).toBe(
      '{"node":"lb1","at":2000000,"late":200000}',
    );
  });
  it('are waited for: who stands still now tells only once it runs again', async () => {
    now = 5_000_000;
    let told: string | undefined = 'not yet';
    const telling = stalls.since(4_000_000).then((words) => {
      told = words;
    });
    for (const node of pulses.keys()) if (node !== 'lb1') await beat(node, 5_100_000, 0);
    await beat('lb1', 4_900_000, 0);
    expect(told).toBe('not yet');
    await beat('lb1', 5_800_000, 900_000);
    await beat('lb1', 5_800_000, 0);
    await telling;
    expect(told).toBe('lb1 was stalled for 900 ms (stalls.ndjson)');
  });
  it('are not read out of what the engine says', async () => {
    pulses.get('rs1')?.write('cannot exec in a stopped state: unknown\n');
    await new Promise(setImmediate);
    expect(await stalls.since(0)).toBeUndefined();
  });
  it('that do not end are told as such', async () => {
    const patient = new Stalls(hand, new Evidence(folder), 30);
    await patient.watch();
    now = 5_000_000;
    for (const node of pulses.keys()) if (node !== 'rs2') await beat(node, 5_100_000, 0);
    expect(await patient.since(4_000_000)).toBe('rs2 stalled, and did not resume within 30 ms');
  });
  it('of a node that is to stand still are not told, until it is watched again', async () => {
    stalls.leave('lb1');
    await beat('lb1', 2_000_000, 900_000);
    expect(await stalls.since(0)).toBeUndefined();
    await stalls.watch();
    await beat('lb1', 4_000_000, 900_000);
    expect(await stalls.since(0)).toContain('lb1 was stalled for 900 ms');
  });
  it('are watched again on a node that has ended and runs anew', async () => {
    const first = pulses.get('rs1');
    first?.destroy();
    await new Promise(setImmediate);
    await stalls.watch();
    expect(pulses.get('rs1')).not.toBe(first);
  });
});
