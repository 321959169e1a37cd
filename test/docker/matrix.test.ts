import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE_ARMS, TEMPLATE_FAMILIES, TEMPLATE_MODES } from '../../src/lab/template.ts';
import { lab, labOk } from '../lab.ts';
import { type Cell, matrixTable } from './matrix-table.ts';
import { leavesNothing } from './state.ts';

/** Every mode, arm and family as a lab of its own, made by `lab init`, with TCP and UDP in each. */
const LABS = TEMPLATE_MODES.flatMap((mode) =>
  TEMPLATE_ARMS.flatMap((arm) =>
    TEMPLATE_FAMILIES.map((family) => ({ mode, arm, family, name: `mx-${mode}-${arm}-${family}` })),
  ),
);

interface Report {
  lab: string;
  error?: string;
  results: { id: string; subject: string; verdict: string; seen: string }[];
}

const folder = leavesNothing('matrix', (lab) => lab.startsWith('mx-'));
let reports: Report[] = [];

beforeAll(async () => {
  const files: string[] = [];
  for (const { mode, arm, family, name } of LABS) {
    const dir = join(folder, name);
    await labOk(['init', name, '--mode', mode, '--arm', arm, '--family', family, '--protocol', 'both', '--dir', dir]);
    files.push(join(dir, 'lab.yaml'));
  }
  const { stdout, stderr } = await lab([
    'test',
    ...files,
    '--again',
    '2',
    '--json',
    '--report',
    join(folder, 'report'),
  ]);
  reports = JSON.parse(stdout || '[]') as Report[];
  expect(reports.length, stderr).toBe(LABS.length);
}, 400_000);

/** The protocols of a mode's lab, with the checks that speak of each. */
function cells({
  mode,
}: (typeof LABS)[number]): readonly { protocol: string; mine: (r: Report['results'][number]) => boolean }[] {
  if (mode === 'snat')
    return ['tcp', 'udp', 'icmp'].map((protocol) => ({
      protocol,
      mine: (r) => [`snat.${protocol}`, 'snat.out', 'snat.source', 'snat.return'].includes(r.id),
    }));
  return [
    { protocol: 'tcp', mine: (r) => r.subject === 'web' },
    { protocol: 'udp', mine: (r) => r.subject === 'echo' },
  ];
}

describe('mode × family × protocol × arm', () => {
  const table: Cell[] = [];
  for (const of of LABS)
    for (const { protocol, mine } of cells(of))
      it(`${of.mode} over IPv${of.family} and ${protocol}, ${of.arm}-arm, keeps its contract`, () => {
        const report = reports.find((r) => r.lab === of.name);
        const results = report?.results.filter(mine) ?? [];
        const wrong = results.filter((r) => r.verdict !== 'passed').map((r) => `${r.id}: ${r.seen}`);
        table.push({ ...of, protocol, checks: results.length, passed: wrong.length === 0 && results.length > 0 });
        expect([report?.error, ...wrong]).toEqual([undefined]);
        expect(results.length).toBeGreaterThan(0);
      });

  it('stands in the README as it came out', () => {
    expect(readFileSync('README.md', 'utf8'), matrixTable(table)).toContain(matrixTable(table));
  });
});
