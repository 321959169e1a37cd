import { hostname } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { lab, labOk, type Outcome, startLab, writeLab } from '../lab.ts';
import { containersOf, docker, leavesNothing } from './state.ts';

const NAME = 'together';
const folder = leavesNothing('together', (lab) => lab === NAME);
/** A test that fails spoils no other. */
afterEach(async () => {
  await lab(['down', NAME]);
});
const nodes = (kind: string) => ({
  a: { kind: 'client', lan: '10.0.0.1' },
  b: { kind, lan: '10.0.0.2' },
});
const FILE = { lab: NAME, segments: { lan: '10.0.0.0/24' }, services: {}, vrrp: {} };
const REACHES = { on: 'a', do: 'ping -c 1 -W 5 10.0.0.2', title: 'a reaches b' };
const path = writeLab(folder, { ...FILE, nodes: nodes('host'), scenario: [{ run: REACHES }] } as never);
// A busy machine may take long; who waits for whom is what is tested.
const UP = ['up', path, '--timeout', '300s'];

/** Comes up only when somebody helps it: whoever takes it down is not too late. */
const never = writeLab(
  `${folder}/never`,
  { ...FILE, nodes: { a: { kind: 'client', lan: '10.0.0.1', setup: './wait.sh' } }, scenario: [] } as never,
  { 'wait.sh': 'until [ -e /tmp/go ]; do sleep 0.1; done\n' },
);

const WHOLE = [`/lvslab.${NAME}`, `/lvslab.${NAME}.a`, `/lvslab.${NAME}.b`];
/** The lab is there once, and its wires are what they should be. */
async function stands(): Promise<void> {
  expect(await containersOf(NAME)).toEqual(WHOLE);
  await labOk(['exec', NAME, 'a', '--', 'ping', '-c', '1', '-W', '5', '10.0.0.2']);
}

/** Calls `act` at the n-th thing that the engine does for the lab: 3 containers are created and started, and commands run. */
async function atStep(nth: number, act: () => void): Promise<{ seen: () => boolean; close: () => void }> {
  const events = await docker.getEvents({ filters: { type: ['container'], label: [`lvslab.lab=${NAME}`] } });
  let seen = 0;
  events.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '' && ++seen === nth) act();
  });
  return { seen: () => seen >= nth, close: () => (events as unknown as { destroy(): void }).destroy() };
}

const says = (outcome: Outcome, what: string) => outcome.stderr.includes(`${NAME} ${what}`);
const STEPS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('lab up, several at once', () => {
  it.each([2, 3, 4, 2, 3, 4])('%i of the same lab: one brings it up, the others find it up', async (many) => {
    const all = await Promise.all(Array.from({ length: many }, () => lab(UP)));
    expect(all.map((o) => (o.code === 0 ? 0 : o.stderr))).toEqual(all.map(() => 0));
    expect(all.filter((o) => says(o, 'up: 2 nodes'))).toHaveLength(1);
    expect(all.filter((o) => says(o, 'unchanged: 2 nodes run'))).toHaveLength(many - 1);
    await stands();
    await labOk(['down', NAME]);
    expect(await containersOf(NAME)).toEqual([]);
  });

  it.each([2, 3, 4])('%i that start over: one does, the others take what it made', async (many) => {
    await labOk(UP);
    const [old] = await docker.listContainers({ filters: { name: [`^/lvslab.${NAME}$`] } });
    const all = await Promise.all(Array.from({ length: many }, () => lab([...UP, '--recreate'])));
    expect(all.map((o) => (o.code === 0 ? 0 : o.stderr))).toEqual(all.map(() => 0));
    const [now] = await docker.listContainers({ filters: { name: [`^/lvslab.${NAME}$`] } });
    expect(now?.Id).not.toBe(old?.Id);
    await stands();
    await labOk(['down', NAME]);
  });

  it('with different files: one brings it up, the other is refused, and nothing is lost', async () => {
    const other = writeLab(`${folder}/other`, { ...FILE, nodes: nodes('client'), scenario: [] } as never);
    const all = await Promise.all([lab(UP), lab(['up', other, '--timeout', '300s'])]);
    expect(all.map((o) => o.code).sort()).toEqual([0, 2]);
    expect(all.find((o) => o.code === 2)?.stderr).toContain('has changed: node b has changed');
    await stands();
    await labOk(['down', NAME]);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'one gets %s at any step: the other brings it up',
    async (signal) => {
      for (const step of STEPS) {
        const first = startLab(UP);
        let second: Promise<Outcome> | undefined;
        const begun = await atStep(1, () => {
          second = lab(UP);
        });
        const kill = await atStep(step, () => first.child.kill(signal));
        const one = await first.done;
        const other = await (second ?? lab(UP));
        kill.close();
        begun.close();
        expect([step, one.code ?? one.signal, other.code, other.stderr]).toEqual([
          step,
          expect.toSatisfy((end) => [0, 130, 'SIGKILL'].includes(end)),
          0,
          expect.stringMatching(new RegExp(`^${NAME} (up|unchanged)`, 'm')),
        ]);
        await stands();
        await labOk(['down', NAME]);
        expect(await containersOf(NAME)).toEqual([]);
      }
    },
    600_000,
  );

  it('one that stands still: the other says who brings it up, and since when', async () => {
    const first = startLab(UP);
    const stop = await atStep(6, () => first.child.kill('SIGSTOP'));
    await expect.poll(stop.seen, { timeout: 60_000 }).toBe(true);
    const other = await lab([...UP, '--timeout', '1s']);
    first.child.kill('SIGCONT');
    stop.close();
    expect(other).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        `lab "${NAME}" is being brought up by process ${first.child.pid} on ${hostname()}, since `,
      ),
    });
    expect((await first.done).code).toBe(0);
    await stands();
    await labOk(['down', NAME]);
  });
});

describe('lab up beside others', () => {
  it.each(STEPS)('lab down at step %i ends it, and it says so', async (step) => {
    const { done } = startLab(['up', never, '--timeout', '300s']);
    let down: Promise<Outcome> | undefined;
    const at = await atStep(step, () => {
      down = lab(['down', NAME]);
    });
    const { code, stderr } = await done;
    at.close();
    expect([code, stderr]).toEqual([3, expect.stringContaining(`lab: ${NAME} was taken down while it was brought up`)]);
    expect((await down)?.code).toBe(0);
    expect(await containersOf(NAME)).toEqual([]);
  });

  it.each([1, 2, 3])('a lab that is begun while another of its name is taken down stays (%i)', async () => {
    await labOk(UP);
    const down = startLab(['down', NAME]);
    const gone = await atStep(1, () => undefined);
    await expect.poll(gone.seen, { timeout: 60_000 }).toBe(true);
    gone.close();
    const again = await lab([...UP, '--recreate']);
    expect((await down.done).code).toBe(0);
    if (again.code === 0) await stands();
    else expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('was taken down while')]);
    await labOk(['down', NAME]);
    expect(await containersOf(NAME)).toEqual([]);
  });

  it.each([1, 2, 3])('lab test waits until it is up, and leaves it (%i)', async () => {
    const first = startLab(UP);
    const begun = await atStep(1, () => undefined);
    await expect.poll(begun.seen, { timeout: 60_000 }).toBe(true);
    begun.close();
    const [up, test] = await Promise.all([first.done, lab(['test', NAME, '--timeout', '300s'])]);
    expect([up.code, test.code, test.stderr]).toEqual([0, 0, '']);
    expect(test.stdout).toContain('1 passed, 0 failed');
    await stands();
    await labOk(['down', NAME]);
  });

  it('what one left half mended is made anew by the next', async () => {
    await labOk(UP);
    await docker.getContainer(`lvslab.${NAME}.b`).kill();
    const { child, done } = startLab(UP);
    const events = await docker.getEvents({ filters: { event: ['start'], label: [`lvslab.lab=${NAME}`] } });
    events.once('data', () => child.kill('SIGKILL'));
    await done;
    (events as unknown as { destroy(): void }).destroy();
    expect((await labOk(UP)).stderr).toContain('b ready');
    await stands();
    await labOk(['down', NAME]);
  });
});
