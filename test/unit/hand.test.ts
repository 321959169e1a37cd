import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { Hand } from '../../src/plan/hand.ts';
import type { RunningLab } from '../../src/plan/observe.ts';

/** An engine that takes its time until it starts a command, which it runs here. */
function slowEngine(ms: number): Engine {
  const exec = async (_container: string, command: readonly string[]) => {
    await delay(ms);
    const [program = '', ...args] = command.filter((word) => !['nodectl', 'exec', '--tether', '--'].includes(word));
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    return { code: status, stdout, stderr };
  };
  return { exec } as unknown as Engine;
}

describe('a timed command', () => {
  const running = { fabric: { id: 'fabric' } } as unknown as RunningLab;
  const hand = new Hand(slowEngine(300), running, new AbortController().signal);

  it('has the time at which it began, not that at which it was asked for', async () => {
    const asked = Date.now();
    const { at, stdout } = await hand.timedInFabric(['printf', '%s\n%s', 'first', 'second']);
    expect(stdout).toBe('first\nsecond');
    expect(at / 1000).toBeGreaterThanOrEqual(asked + 300);
    expect(at / 1000).toBeLessThan(Date.now() + 1);
  });

  it('that fails is told with its words', async () => {
    await expect(hand.timedInFabric(['sh', '-c', 'echo no way >&2; exit 3'])).rejects.toThrow(
      /^fabric: `sh -c .*` ended with 3: no way$/,
    );
  });
});
