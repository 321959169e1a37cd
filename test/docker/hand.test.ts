import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerEngine } from '../../src/engine/docker.ts';
import { LOOK } from '../../src/engine/engine.ts';
import { eventually } from '../../src/eventually.ts';
import { eachCommand, fnatFile, lab, labOk, startLab, TELLS_COMMANDS, writeLab } from '../lab.ts';
import { docker, leavesNothing } from './state.ts';

const folder = leavesNothing('hand', (lab) => ['hand', 'still'].includes(lab));
beforeAll(async () => {
  await labOk(['up', writeLab(folder, { ...fnatFile(), lab: 'hand', scenario: [{ contract: 'web' }] })]);
});
afterAll(async () => {
  await labOk(['down', 'hand']);
});

/** Asks the service until it answers; the first look is at once. */
const ANSWERS = ['timeout', '10', 'sh', '-c', 'until curl -s -m 1 http://192.168.100.254; do sleep 0.1; done'];

describe('faults by hand', () => {
  it('stand until they are healed: a killed node comes back with its wires', async () => {
    expect((await labOk(['fault', 'hand'])).stdout).toBe('no active faults\n');
    expect((await labOk(['fault', 'hand', 'kill:lb1'])).stdout).toMatch(/^\S+Z lb1 killed\n$/);
    expect((await labOk(['fault', 'hand', 'loss:rs1=5%'])).stdout).toContain('5% of the frames of rs1 on lan lost');
    expect((await labOk(['fault', 'hand'])).stdout).toBe('kill:lb1\nloss:rs1=5%\n');
    const shown = (await labOk(['inspect', 'hand'])).stdout;
    expect(shown).toMatch(/^active: kill:lb1, loss:rs1=5% \(`lab heal hand` undoes it\)$/m);
    expect(shown).toMatch(/lb1 +director +\w+ +ended/);
    expect((await labOk(['exec', 'hand', 'client', '--', ...ANSWERS])).stdout).toContain('192.168.100.201:');
    const healed = (await labOk(['heal', 'hand'])).stdout;
    expect(healed).toMatch(/frames of rs1 on lan no longer lost\n.*lb1 started again\n$/);
    expect((await labOk(['fault', 'hand'])).stdout).toBe('no active faults\n');
    expect((await labOk(['inspect', 'hand'])).stdout).not.toContain('active:');
    await labOk(['test', 'hand', '--again', '2']);
  });

  it('that cannot be are refused, and nothing is done', async () => {
    for (const [text, told] of [
      ['kil:lb1', /there is no fault "kil"; did you mean "kill"\?/],
      ['cut:lb1@wan', /"lb1" has no card on segment "wan"/],
    ] as const) {
      const { code, stderr } = await lab(['fault', 'hand', text]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(told)]);
    }
    const { code, stderr } = await lab(['fault', 'hand', 'hang:client/kernel']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('client has no kernel of its own')]);
    expect((await labOk(['heal', 'hand'])).code).toBe(0);
  });

  it('whose program ends again when it is healed says so', async () => {
    const nginx = (...command: readonly string[]) => labOk(['exec', 'hand', 'rs2', '--', ...command]);
    await labOk(['fault', 'hand', 'stop:rs2/nginx']);
    await nginx('mv', '/etc/nginx/nginx.conf', '/etc/nginx/away');
    const { stdout } = await labOk(['heal', 'hand']);
    expect(stdout).toMatch(/nginx on rs2 started again\nnginx on rs2 ended again; `lab logs hand rs2` shows why\n$/);
    await nginx('mv', '/etc/nginx/away', '/etc/nginx/nginx.conf');
    await nginx('svc', 'start', 'nginx');
  });

  it('that shape one wire stand beside each other, through a restart of the node too, and in a hop where it has no netem', async () => {
    const pings = async () =>
      (await labOk(['exec', 'hand', 'client', '--', 'ping', '-c', '3', '192.168.100.2'])).stdout;
    const twice = (output: string) => output.includes('duplicates');
    const shortest = (output: string) => Number(/mdev = ([\d.]+)/.exec(output)?.[1]);
    await labOk(['fault', 'hand', 'delay:rs1=40ms']);
    const late = await pings();
    expect([twice(late), shortest(late) >= 40]).toEqual([false, true]);
    await labOk(['fault', 'hand', 'duplicate:rs1=100%']);
    const both = await pings();
    expect([twice(both), shortest(both) >= 40]).toEqual([true, true]);
    await labOk(['fault', 'hand', 'kill:rs1']);
    const { stdout } = await labOk(['heal', 'hand', 'kill:rs1']);
    expect(stdout).toMatch(
      /rs1 started again\nstill active: what rs1 sends on lan is delayed by 40ms\nstill active: what rs1 sends/,
    );
    const restarted = await pings();
    expect([twice(restarted), shortest(restarted) >= 40]).toEqual([true, true]);
    await labOk(['heal', 'hand', 'delay:rs1=40ms']);
    const again = await pings();
    expect([twice(again), shortest(again) >= 40]).toEqual([true, false]);
    await labOk(['heal', 'hand']);
    const healed = await pings();
    expect([twice(healed), shortest(healed) >= 40]).toEqual([false, false]);
  });

  it('are measured by clients that there are', async () => {
    for (const [args, told] of [
      [['--clients', 'clint'], /has no client "clint"; did you mean "client"\?/],
      [['--flows', '1000'], /--flows must be from 1 to 256, not 1000/],
    ] as const) {
      const { code, stderr } = await lab(['measure', 'hand', '--fault', 'kill:lb1', ...args]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(told)]);
    }
  });

  it('are measured, again and again', async () => {
    const { stdout } = await labOk(['measure', 'hand', '--fault', 'stop:lb1/keepalived', '--runs', '2', '--json']);
    const told = JSON.parse(stdout) as {
      fault: string;
      service: string;
      budget: number;
      error: number;
      measured: Record<string, { runs: number; min: number; max: number; values: number[] }>;
    };
    expect(told).toMatchObject({ fault: 'stop:lb1/keepalived', service: 'web', budget: 687.5 });
    expect(told.error).toBeGreaterThanOrEqual(25);
    expect(told.measured['outage']).toMatchObject({ runs: 2 });
    expect(told.measured['outage']?.values).toHaveLength(2);
    expect(told.measured['first advert']?.max).toBeGreaterThan(0);
  });
});

describe('commands of one lane', () => {
  const engine = dockerEngine();
  afterAll(() => engine.close());
  const options = { lane: LOOK } as const;
  const idOf = async (node: string) => {
    const found = (await engine.list('lvslab.lab=hand')).find((c) => c.name === `lvslab.hand.${node}`);
    if (!found) throw new Error(`${node} is gone`);
    return found.id;
  };

  it('run at once, each with its own output, errors and exit code', async () => {
    const id = await idOf('client');
    const ran = await Promise.all(
      [0, 1, 2, 3].map((n) => engine.exec(id, ['sh', '-c', `seq ${n * 100000}; echo ${n} >&2; exit ${n}`], options)),
    );
    const seq = (most: number) => Array.from({ length: most }, (_, i) => `${i + 1}\n`).join('');
    expect(ran.map((r) => [r.code, r.stderr])).toEqual([0, 1, 2, 3].map((n) => [n, `${n}\n`]));
    for (const n of [0, 1, 2, 3]) expect(ran[n]?.stdout === seq(n * 100000)).toBe(true);
    const missing = await engine.exec(id, ['no-such-program'], options);
    expect([missing.code, missing.stderr]).toEqual([127, 'no-such-program: command not found\n']);
  });

  it('are one command of the engine, which says what it runs and ends what is abandoned', async () => {
    const id = await idOf('client');
    const stop = new AbortController();
    const tethered = ['nodectl', 'exec', '--tether', '--', 'sleep', '1000'];
    const run = engine.exec(id, tethered, { ...options, signal: stop.signal });
    const running = () => engine.commands(id);
    await eventually(async () => ((await running()).length > 0 ? true : undefined), { within: 5000, every: 20 });
    expect(await running()).toEqual([tethered]);
    stop.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect(
      await eventually(async () => ((await running()).length === 0 ? true : undefined), { within: 5000, every: 20 }),
    ).toBe(true);
  });

  it('are refused where the node is paused, and run again where it was started again', async () => {
    const id = await idOf('rs1');
    expect((await engine.exec(id, ['true'], options)).code).toBe(0);
    await engine.pause(id);
    await expect(engine.exec(id, ['true'], options)).rejects.toThrow(/paused/);
    await engine.unpause(id);
    expect((await engine.exec(id, ['true'], options)).code).toBe(0);
    await labOk(['fault', 'hand', 'kill:rs1']);
    await expect(engine.exec(id, ['true'], options)).rejects.toThrow(/ended|not running/);
    await labOk(['heal', 'hand']);
    expect((await engine.exec(await idOf('rs1'), ['true'], options)).code).toBe(0);
  });
});

describe('lab test --again', () => {
  it('tests a lab once more where a node stood still, and not where a check failed', async () => {
    // Two real servers answer in turn: one alone never does.
    const scenario = [{ check: { answers: 'web', by: 'rs1', within: '5s' } }];
    const path = writeLab(folder, { ...fnatFile(), lab: 'still', scenario });
    const report = join(folder, 'still-report');
    const { child, done } = startLab(['test', path, '--again', '5', '--report', report], { env: TELLS_COMMANDS });
    let pause: Promise<void> | undefined;
    eachCommand(child, (command) => {
      if (command.includes(' ask '))
        pause ??= (async () => {
          const node = docker.getContainer('lvslab.still.rs2');
          await node.pause();
          await delay(700); // for so long it stands still
          await node.unpause();
        })();
    });
    const { code, stdout } = await done;
    await pause;
    expect(stdout).toMatch(
      /\?\?\?\? expect\.answers web[\s\S]*rs2 was stalled[\s\S]*inconclusive: a node was stalled; retrying[\s\S]*FAIL expect\.answers/,
    );
    const { earlier, counts } = JSON.parse(readFileSync(join(report, 'results.json'), 'utf8')) as {
      earlier: string[];
      counts: object;
    };
    expect(earlier).toEqual([expect.stringContaining('rs2 was stalled')]);
    expect([code, counts]).toEqual([1, { passed: 0, failed: 1, inconclusive: 0, skipped: 0 }]);
  });
});
