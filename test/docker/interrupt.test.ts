import { afterAll, describe, expect, it } from 'vitest';
import { eachCommand, labOk, startLab, TELLS_COMMANDS } from '../lab.ts';
import { containersOf, docker, leavesNothing } from './state.ts';

const NAME = 'broken-off';
const up = (name: string) => ['up', 'fnat-keepalived', '--name', name, '--no-wait'];
leavesNothing('interrupt', (lab) => lab.startsWith(NAME));
afterAll(async () => {
  const left = (await containersOf()).flatMap((c) => /lvslab\.(broken-off[a-z0-9-]*)/.exec(c)?.[1] ?? []);
  if (left.length > 0) await labOk(['down', ...new Set(left)]);
});

/** Runs a command and sends it a signal at the n-th thing that the engine does for the lab. Returns the exit code, and whether it came to that. */
async function interrupt(
  name: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  nth: number,
): Promise<{ code: number | null; reached: boolean }> {
  const events = await docker.getEvents({ filters: { type: ['container'], label: [`lvslab.lab=${name}`] } });
  const { child, done } = startLab(args);
  let seen = 0;
  events.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '' && ++seen === nth) child.kill(signal);
  });
  const { code } = await done;
  (events as unknown as { destroy(): void }).destroy();
  return { code, reached: seen >= nth };
}

/** 6 containers are created and started, and one command wires them. */
const UP_STEPS = Array.from({ length: 14 }, (_, i) => i + 1);
const DOWN_STEPS = [1, 2, 4, 6, 9, 12, 15, 18];

describe('lab up', () => {
  it.concurrent.each(UP_STEPS)('killed at step %i leaves only what lab down removes', async (step) => {
    const name = `${NAME}-kill-${step}`;
    expect((await interrupt(name, up(name), 'SIGKILL', step)).reached).toBe(true);
    await labOk(['down', name]);
    expect(await containersOf(name)).toEqual([]);
  });

  it.concurrent.each(UP_STEPS)('interrupted at step %i ends with 130 and leaves nothing', async (step) => {
    const name = `${NAME}-int-${step}`;
    expect(await interrupt(name, up(name), 'SIGINT', step)).toEqual({ code: 130, reached: true });
    expect(await containersOf(name)).toEqual([]);
  });

  it('interrupted before it began leaves nothing', async () => {
    const { child, done } = startLab(up(NAME));
    child.kill('SIGTERM');
    await done;
    await labOk(['down', NAME]);
    expect(await containersOf(NAME)).toEqual([]);
  });
});

describe('lab down', () => {
  it.concurrent.each(DOWN_STEPS)('killed at step %i leaves only what lab down removes', async (step) => {
    const name = `${NAME}-down-${step}`;
    await labOk(up(name));
    await interrupt(name, ['down', name], 'SIGKILL', step);
    await labOk(['down', name]);
    expect(await containersOf(name)).toEqual([]);
  });

  it('interrupted goes on to the end', async () => {
    await labOk(up(NAME));
    await interrupt(NAME, ['down', NAME], 'SIGINT', 2);
    expect(await containersOf(NAME)).toEqual([]);
  });
});

describe('lab test', () => {
  it.each([1, 4, 8, 12, 16, 24, 40])('whose lab is taken down at command %i of it ends and says so', async (nth) => {
    const { child, done } = startLab(['test', 'fnat-keepalived', '--name', NAME], { env: TELLS_COMMANDS });
    let up = false;
    child.stdout?.on('data', (chunk: Buffer) => {
      up ||= chunk.toString().includes(`${NAME} up`);
    });
    let seen = 0;
    const down = new Promise((resolve, reject) => {
      eachCommand(child, () => {
        if (up && ++seen === nth) labOk(['down', NAME]).then(resolve, reject);
      });
    });
    const [{ code, stderr }] = await Promise.all([done, Promise.race([down, done])]);
    expect(stderr).toContain(`lab: ${NAME} was taken down while it was tested`);
    expect(code).toBe(3);
    expect(await containersOf(NAME)).toEqual([]);
  });
});
