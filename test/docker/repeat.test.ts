import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { fnatFile, type LabFile, lab, labOk, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'again-vrrp';
const FLAKY = 'again-flaky';
const folder = leavesNothing('repeat', (name) => [NAME, FLAKY].includes(name));

/** Tests labs/vrrp with another scenario and returns what its fault step told of, and how. */
async function tested(before: readonly unknown[]): Promise<readonly string[]> {
  const file = parse(readFileSync('labs/vrrp/lab.yaml', 'utf8'), { merge: true }) as LabFile;
  const path = writeLab(folder, {
    ...file,
    lab: NAME,
    scenario: [...before, { fault: { inject: 'kill:lb1', service: 'stays' } }],
  });
  const { stdout, stderr } = await lab(['test', path, '--again', '2', '--json']);
  const { results } = JSON.parse(stdout || '{"results":[]}') as {
    results: { id: string; subject: string; step: string; verdict: string; seen: string }[];
  };
  expect(
    results.filter((r) => r.verdict !== 'passed').map((r) => `${r.id}: ${r.seen}`),
    stderr,
  ).toEqual([]);
  return results.filter((r) => r.step.includes('killed')).map((r) => `${r.id} ${r.subject}`);
}

it('a fault takes the same from a director whoever was master before it, also where nobody preempts', async () => {
  const best = await tested([{ check: { master: 'lb1', of: 'QUICK', for: '1s' } }]);
  // keepalived begins anew on lb1, and so STAYS is with lb2, and stays there.
  const other = await tested([
    { check: { master: 'lb1', of: 'QUICK', for: '1s' } },
    { run: { on: 'lb1', do: 'svc stop keepalived' } },
    { check: { master: 'lb2', of: 'STAYS' } },
    { run: { on: 'lb1', do: 'svc start keepalived' } },
    { check: { master: 'lb1', of: 'QUICK' } },
    { check: { master: 'lb2', of: 'STAYS', for: '1s' } },
  ]);
  expect(other).toEqual(best);
  expect(best).toContain('failover.master STAYS');
});

it('a lab that passes in one run and fails in the next is flaky, and --until-failure and --fail-fast end there', async () => {
  const { nodes, segments } = fnatFile();
  const once = { on: 'client', do: 'test ! -e /run/seen && touch /run/seen' };
  const path = writeLab(folder, {
    lab: FLAKY,
    segments,
    nodes: { client: nodes['client'] ?? {} },
    services: {},
    vrrp: {},
    scenario: [{ run: once }],
  });
  const env = { XDG_STATE_HOME: join(folder, 'state') };
  const report = join(folder, 'report');
  await labOk(['up', path]);
  try {
    const told = await lab(['test', path, '--until-failure', '--report', report], { env });
    expect(told.code, told.stderr).toBe(1);
    expect(told.stdout).toContain(`${FLAKY}: run 2\n`);
    expect(told.stdout).toContain(`${FLAKY} is flaky: it passed in 1 of 2 runs (passed, failed)\n`);
    const last = JSON.parse(readFileSync(join(report, 'run-2', 'results.json'), 'utf8'));
    expect(last).toMatchObject({ run: 2, history: { runs: ['passed', 'failed'], flaky: true } });
    expect(existsSync(join(report, 'run-3'))).toBe(false);
    expect(readFileSync(join(report, 'junit.xml'), 'utf8')).toContain('message="flaky, passed in 1 of 2 runs: ');
    // What failed before is tested again, and nothing after its first run.
    const again = await lab(['test', '--last-failed', '--repeat', '3', '--fail-fast', '--json'], { env });
    expect([again.code, JSON.parse(again.stdout)]).toEqual([1, [expect.objectContaining({ run: 1 })]]);
    // In a job of GitHub, the step is marked, and nothing else is a command to the runner.
    const summary = join(folder, 'summary.md');
    const job = { ...env, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: folder };
    const { stdout } = await lab(['test', path], { env: job });
    const token = /^::stop-commands::(\S+)\n/.exec(stdout)?.[1];
    const commands = stdout.split('\n').filter((line) => line.startsWith('::'));
    expect(commands).toEqual([
      `::stop-commands::${token}`,
      `::${token}::`,
      expect.stringMatching(new RegExp(`^::error file=${FLAKY}/lab\\.yaml,line=\\d+,title=${FLAKY}%3A run client::`)),
      `::stop-commands::${token}`,
      `::${token}::`,
    ]);
    expect(readFileSync(summary, 'utf8')).toContain('### 0 of 1 lab passed');
  } finally {
    await labOk(['down', FLAKY]);
  }
});
