import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LabFile, lab, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'again-vrrp';
const folder = leavesNothing('repeat', (name) => name === NAME);

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
