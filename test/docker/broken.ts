import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { keepalivedConf } from '../../src/drivers/keepalived-conf.ts';
import { readLab } from '../../src/lab/read.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { type LabFile, lab, writeLab } from '../lab.ts';
import { record } from '../recorded.ts';

/** One way to break a lab of the catalogue, by what any lab file can do, and the check that must name it. */
export interface Control {
  readonly lab: string;
  readonly broken: string;
  /** The check that must fail. */
  readonly caughtBy: string;
  /** What the check must have seen: the cause itself, not its consequence. */
  readonly seen: RegExp;
  readonly node?: string;
  /** A setup script for the node, after the lab's own... */
  readonly setup?: string;
  /** ...sysctls... */
  readonly sysctls?: Readonly<Record<string, string | number>>;
  /** ...routes in place of its own... */
  readonly routes?: Readonly<Record<string, string>>;
  /** ...or a change of its keepalived.conf. */
  readonly conf?: readonly [RegExp, string];
  /** Checks that fail for the same cause. */
  readonly also?: readonly string[];
  /** What is run instead of the lab's scenario. */
  readonly scenario?: readonly unknown[];
}

/** A check's result, as the report has it. */
export interface Result {
  id: string;
  subject: string;
  verdict: string;
  seen: string;
  stalled?: true;
}

/** Writes a lab of the catalogue with something changed, together with its own files. */
export function broken(folder: string, control: Control, name: string): string {
  const file = parse(readFileSync(`labs/${control.lab}/lab.yaml`, 'utf8')) as LabFile;
  file.lab = name;
  file.scenario = [...(control.scenario ?? [{ contract: 'web' }])];
  const beside = Object.fromEntries(
    readdirSync(`labs/${control.lab}`)
      .filter((f) => f !== 'lab.yaml')
      .map((f) => [f, readFileSync(join('labs', control.lab, f), 'utf8')]),
  );
  if (control.node !== undefined) {
    const node = file.nodes[control.node] as Record<string, unknown>;
    if (control.setup !== undefined) {
      node['setup'] = './broken.sh';
      beside['broken.sh'] = `${control.setup}\n`;
    }
    if (control.sysctls) node['sysctls'] = { ...(node['sysctls'] as object | undefined), ...control.sysctls };
    if (control.routes) node['routes'] = control.routes;
    if (control.conf) {
      const made = readLab(`labs/${control.lab}/lab.yaml`);
      if (!made.ok) throw new Error(`labs/${control.lab} is wrong`);
      const right = keepalivedConf(made.value, nodeOf(made.value, control.node), DIALECT);
      node['keepalived'] = './keepalived.conf';
      beside['keepalived.conf'] = right.replace(...control.conf);
      expect(beside['keepalived.conf']).not.toBe(right);
    }
  }
  return writeLab(folder, file, beside);
}

/** Runs of a lab in which a node may be stalled, before that is the result. */
const TRIALS = 3;
/** Milliseconds for all of them. */
export const TRIALS_MS = TRIALS * 120_000;

/** Lines of each node's log that are shown of a control that is not caught. */
const LINES = 60;

export interface Outcome {
  readonly code: number | null;
  readonly results: readonly Result[];
  /** All of it, in words: for a test that fails. */
  readonly told: string;
}

/**
 * Tests a lab and returns what its checks said. If one of the named checks could not be judged because a
 * node was stalled, the lab is run again; never if it failed or passed.
 */
export async function results(path: string, ids: readonly string[]): Promise<Outcome> {
  const report = `${path}-report`;
  for (let trial = 1; ; trial++) {
    const { code, stdout, stderr } = await lab(['test', path, '--json', '--report', report]);
    const { results } = JSON.parse(stdout || '{"results":[]}') as { results: Result[] };
    if (trial === TRIALS || !results.some((r) => r.stalled && ids.includes(r.id)))
      return { code, results, told: `${stderr}\n${JSON.stringify(results, null, 1)}\n${logs(report)}` };
  }
}

/** The last lines of what each node wrote. */
function logs(report: string): string {
  const files = existsSync(report) ? readdirSync(report).filter((f) => f.startsWith('log-')) : [];
  return files
    .map((f) => [f, ...readFileSync(join(report, f), 'utf8').trimEnd().split('\n').slice(-LINES)].join('\n'))
    .join('\n');
}

/** Records a control's contract, and that of its lab as it is, for test/unit/replay.test.ts: see CONTRIBUTING.md. */
async function keep(folder: string, control: Control, name: string): Promise<void> {
  if (control.scenario) return;
  const path = join(folder, name, 'lab.yaml');
  const made = readLab(path);
  const service = made.ok ? made.value.services.find((s) => s.name === 'web') : undefined;
  if (!service) return;
  record(
    `${path}-report`,
    path,
    service.name,
    `${service.mode}-${control.broken.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
  );
  const { lab: whole, broken: words, caughtBy, seen } = control;
  const asIs = broken(folder, { lab: whole, broken: words, caughtBy, seen }, `${name}-whole`);
  await results(asIs, []);
  record(`${asIs}-report`, asIs, service.name, `${service.mode}-${control.lab}`);
}

/** A test for each control: the check that is named must fail, and say why. Names of the labs begin with `prefix`. */
export function itIsCaught(folder: string, prefix: string, controls: readonly Control[]): void {
  it.concurrent.each(controls.map((c, i) => ({ ...c, name: `${prefix}${i}-${c.lab}` })))(
    '$lab in which $broken is caught by $caughtBy',
    async (control) => {
      const outcome = await results(broken(folder, control, control.name), [control.caughtBy, ...(control.also ?? [])]);
      const caught = outcome.results.filter((r) => r.id === control.caughtBy && r.verdict === 'failed');
      expect(caught, outcome.told).not.toHaveLength(0);
      expect(caught.map((r) => r.seen).join('\n'), outcome.told).toMatch(control.seen);
      const failed = outcome.results.filter((r) => r.verdict === 'failed').map((r) => r.id);
      expect(failed).toEqual(expect.arrayContaining([...(control.also ?? [])]));
      expect(outcome.code).toBe(1);
      if (process.env['LAB_RECORD']) await keep(folder, control, control.name);
    },
    TRIALS_MS,
  );
}
