import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dockerEngine } from '../../src/engine/docker.ts';
import { eventually } from '../../src/eventually.ts';
import { readLab } from '../../src/lab/read.ts';
import { testLab } from '../../src/scenario/test-lab.ts';
import {
  eachCommand,
  fnatFile,
  type LabFile,
  labOk,
  type Outcome,
  startLab,
  TELLS_COMMANDS,
  writeLab,
} from '../lab.ts';
import { containersOf, leavesNothing } from './state.ts';

const folder = leavesNothing('undo', (name) => name.startsWith('undo-'));
process.env['TMPDIR'] = folder; // for reports of which no folder is named
afterAll(async () => {
  const names = new Set((await containersOf()).flatMap((c) => /lvslab\.(undo-[a-z0-9-]+)/.exec(c)?.[1] ?? []));
  if (names.size > 0) await labOk(['down', ...names]);
});

/** Milliseconds for what ends with a killed process to be gone: a server of commands that it never asked ends after 30 s. */
const ENDING_MS = 40_000;

/** Commands that run in a lab's containers beside their own: programs, captures, and what makes a change. */
async function commandsIn(name: string): Promise<readonly string[]> {
  const engine = dockerEngine();
  try {
    const all = await engine.list(`lvslab.lab=${name}`);
    return (await Promise.all(all.map((c) => engine.commands(c.id)))).flat().map((words) => words.join(' '));
  } finally {
    engine.close();
  }
}

/**
 * Runs a command and sends it a signal once it has begun commands in its lab that match these patterns, one after the
 * other.
 */
async function interrupt(
  args: readonly string[],
  signal: NodeJS.Signals,
  patterns: readonly RegExp[],
): Promise<Outcome> {
  const { child, done } = startLab(args, { env: TELLS_COMMANDS });
  const open = [...patterns];
  eachCommand(child, (command) => {
    if (!open[0]?.test(command)) return;
    open.shift();
    if (open.length === 0) child.kill(signal);
  });
  const outcome = await done;
  expect(open).toEqual([]);
  return outcome;
}

/** Interrupts a command at its middle; afterwards nothing stands in the lab, and nothing of ours runs there. */
async function undone(
  name: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  patterns: readonly RegExp[],
): Promise<void> {
  const { code, stderr } = await interrupt(args, signal, patterns);
  if (signal === 'SIGINT') expect([code, stderr]).toEqual([130, expect.stringMatching(/lab: interrupted\n$/)]);
  else await labOk(['heal', name]);
  expect((await labOk(['fault', name])).stdout).toBe('no active faults\n');
  const none = async () => ((await commandsIn(name)).length === 0 ? true : undefined);
  if (!(await eventually(none, { within: ENDING_MS, every: 50 }))) expect(await commandsIn(name)).toEqual([]);
}

/** A change that is being made, by a word of its command. */
function making(word: string): RegExp {
  return new RegExp(`LAB_CHANGE=1.*${word}`);
}
const ASKS = / ask /;

/** A lab of the catalogue as a plain value. */
function catalogued(name: string): LabFile {
  return parse(readFileSync(`labs/${name}/lab.yaml`, 'utf8')) as LabFile;
}

function withService(name: string, more: object, scenario: readonly unknown[]): LabFile {
  const file = fnatFile();
  const { health: _, ...web } = file.services['web'] ?? {};
  return { ...file, lab: name, services: { web: { ...web, ...more } }, scenario: [...scenario] };
}

/** A lab for each kind of step, and where each is interrupted: while it changes something, and while that stands. */
const STEPS: readonly (readonly [LabFile, readonly (readonly RegExp[])[]])[] = [
  [
    withService('undo-contract', { scheduler: 'mh' }, [{ contract: 'web' }]),
    [[making('addr add'), ASKS], [making('ipvsadm -d')]],
  ],
  [
    withService('undo-drain', { scheduler: 'fo', reals: { rs1: 200, rs2: 100 } }, [{ contract: 'web' }]),
    [[making('ipvsadm -e'), ASKS]],
  ],
  [{ ...catalogued('persistence'), lab: 'undo-persistence', scenario: [{ persistence: 'alone' }] }, [[ASKS]]],
  [withService('undo-arp', {}, [{ arp: { of: '192.168.100.254', from: 'client', replies: 1 } }]), [[/ arping /]]],
  [withService('undo-check', {}, [{ check: { answers: 'web', within: '30s' } }]), [[ASKS]]],
  [
    withService('undo-cut', {}, [{ cut: { service: 'web', node: 'client', links: ['lan'], expect: 'silent' } }]),
    [[making('link set')], [making('link set'), ASKS]],
  ],
  [
    { ...fnatFile(), lab: 'undo-health', scenario: [{ health: { service: 'web', stop: 'rs1' } }] },
    [[making('svc stop')], [making('svc stop'), /ipvs-table/]],
  ],
  [
    withService('undo-fault', {}, [{ fault: { inject: 'kill:lb1', service: 'web' } }]),
    [[making('kill -s TERM 1')], [making('kill -s TERM 1'), /ip -json|ipvs-table|date/]],
  ],
];

describe('a step', () => {
  const interruptions = STEPS.flatMap(([file, places]) =>
    places.flatMap((patterns, i) =>
      (['SIGINT', 'SIGKILL'] as const).map((signal) => ({
        file,
        name: `${file.lab}-${i}-${signal}`.toLowerCase(),
        signal,
        patterns,
      })),
    ),
  );

  it.concurrent.each(interruptions)(
    '$name at $patterns leaves nothing of it in a lab that stays, which passes its own test then',
    async ({ file, name, signal, patterns }) => {
      await labOk(['up', writeLab(folder, { ...file, lab: name }), '--no-wait']);
      await undone(name, ['test', name], signal, patterns);
      await labOk(['test', name, '--again', '2']);
      await labOk(['down', name]);
    },
    300_000,
  );
});

describe('a fault', () => {
  const NAME = 'undo-faults';
  const file = { ...fnatFile(), lab: NAME, scenario: [{ contract: 'web' }] };
  const FAULTS = [
    'cut:lb1@lan',
    'delay:rs1=20ms',
    'reset:rs1',
    'drain:rs1',
    'flap:rs1',
    'slow:rs1',
    'mute:rs2',
    'stop:lb1/keepalived',
    'kill:rs2',
    'pause:lb2',
    'starve:rs1',
  ];

  afterAll(async () => {
    await labOk(['down', NAME]);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('that is made and watched is undone after %s, each one', async (signal) => {
    await labOk(['up', writeLab(folder, file), '--no-wait']);
    for (const fault of FAULTS) {
      const stands = new RegExp(`lab/changes.*${fault.replaceAll('/', '\\\\?/')}`);
      await undone(NAME, ['measure', NAME, '--fault', fault, '--runs', '1'], signal, [
        stands,
        / date | ask |LAB_CHANGE/,
      ]);
    }
    await labOk(['test', NAME, '--again', '2']);
  });
});

describe('a failure while a report is made', () => {
  const NAME = 'undo-report';
  const scenario = [{ check: { answers: 'web', within: '30s' } }];

  it('of which the folder is gone never leaves a lab up', async () => {
    const path = writeLab(folder, { ...fnatFile(), lab: NAME, scenario });
    const report = join(folder, 'gone');
    const { child, done } = startLab(['test', path, '--report', report], { env: TELLS_COMMANDS });
    eachCommand(child, (command) => {
      // At once: file by file, the command could write others meanwhile.
      if (ASKS.test(command) && existsSync(report)) renameSync(report, `${report}-elsewhere`);
    });
    const { code, stderr } = await done;
    expect([code, stderr]).toEqual([3, expect.stringContaining('ENOENT')]);
    expect(await containersOf(NAME)).toEqual([]);
  });

  it('to which the engine does not answer never leaves a lab up, and the report has what was seen', async () => {
    const read = readLab(writeLab(folder, { ...fnatFile(), lab: NAME, scenario }));
    if (!read.ok) throw new Error('the lab is wrong');
    const engine = dockerEngine();
    let over = false;
    const mute = new Proxy(engine, {
      get(of, key) {
        over ||= key === 'logs';
        if (over && (key === 'info' || key === 'logs')) return () => Promise.reject(new Error(`no ${key}`));
        const value = Reflect.get(of, key) as unknown;
        return typeof value === 'function' ? value.bind(of) : value;
      },
    });
    const report = join(folder, 'mute');
    const run = {
      lab: read.value,
      argument: NAME,
      runs: false,
      report,
      keep: false,
      bail: false,
      bootDeadline: 60_000,
    };
    const { failure } = await testLab(mute, run, () => undefined, new AbortController().signal);
    engine.close();
    expect(String(failure)).toContain('no logs');
    expect(await containersOf(NAME)).toEqual([]);
    const { counts } = JSON.parse(readFileSync(join(report, 'results.json'), 'utf8')) as { counts: object };
    expect(counts).toEqual({ passed: 1, failed: 0, inconclusive: 0, skipped: 0 });
  });
});
