import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lab, labOk, type Outcome, writeLab } from '../lab.ts';
import { docker, leavesNothing } from './state.ts';

const NAME = 'half';
const folder = leavesNothing('half', (lab) => lab === NAME);
const nodes = {
  client: { kind: 'client', lan: '10.0.0.9' },
  a: { kind: 'host', lan: '10.0.0.1' },
  b: { kind: 'host', lan: '10.0.0.2' },
};
const FILE = { lab: NAME, segments: { lan: '10.0.0.0/24' }, services: {}, vrrp: {}, scenario: [] };
const path = writeLab(folder, { ...FILE, nodes } as never);
afterAll(async () => {
  await lab(['down', NAME]);
});

/** What is told makes no use of the engine's own words: an id, or nothing at all after a colon. */
function inOurWords(outcome: Outcome): void {
  const said = `${outcome.stdout}${outcome.stderr}`;
  expect(said).not.toMatch(/[0-9a-f]{12,}/);
  expect(said).not.toMatch(/HTTP code|engine says|No such container|should not have/i);
  expect(said).not.toMatch(/:\s*$/);
}

/** Breaks a lab that runs, by hand. */
const breaks = {
  'node a removed': () => docker.getContainer(`lvslab.${NAME}.a`).remove({ force: true }),
  'node a ended': () => docker.getContainer(`lvslab.${NAME}.a`).kill(),
  'its fabric ended': () => docker.getContainer(`lvslab.${NAME}`).kill(),
  'its fabric removed': () => docker.getContainer(`lvslab.${NAME}`).remove({ force: true }),
} as const;
const EXEC = ['exec', NAME, 'a', '--', 'true'];
const LOGS = ['logs', NAME, 'a'];
const FAULT = ['fault', NAME, 'pause:a'];
const STANDING = ['fault', NAME];
const CAPTURE = ['capture', '-c', '1', NAME, 'a:any'];
const CAPTURE_WIRE = ['capture', '-c', '1', NAME, 'lan'];

describe.each([
  ['node a removed', /node "a" of lab "half" is gone/, 'node a is gone', [EXEC, LOGS, FAULT, CAPTURE]],
  [
    'node a ended',
    /node "a" of lab "half" (has ended|is not running)/,
    'node a is not running',
    [EXEC, FAULT, CAPTURE],
  ],
  ['its fabric ended', /fabric of lab "half" is not running/, 'its fabric has ended', [FAULT, STANDING, CAPTURE_WIRE]],
  ['its fabric removed', /its fabric is gone/, 'its fabric is gone', [EXEC, LOGS, FAULT, STANDING, CAPTURE_WIRE]],
] as const)('a lab with %s', (what, told, shown, commands) => {
  beforeAll(async () => {
    await labOk(['up', path]);
    await breaks[what]();
  });
  afterAll(async () => {
    await labOk(['down', NAME]);
  });

  it('is shown by inspect, with what mends it', async () => {
    const { stdout } = await labOk(['inspect', NAME]);
    expect(stdout).toMatch(new RegExp(`^BROKEN: ${shown}.*\\n {8}.*\`lab up half\``, 'm'));
    const { broken } = JSON.parse((await labOk(['inspect', NAME, '--json'])).stdout) as { broken: { what: string }[] };
    expect(broken[0]?.what).toContain(shown);
  });

  it('is told by every command that needs it', async () => {
    for (const args of commands) {
      const outcome = await lab(args);
      expect([args, outcome.code, outcome.stderr]).toEqual([
        args,
        expect.toSatisfy((code) => code === 2 || code === 3),
        expect.stringMatching(told),
      ]);
      inOurWords(outcome);
    }
  });

  it.skipIf(what.includes('fabric'))('is not tested', async () => {
    for (const args of [
      ['test', NAME],
      ['measure', NAME, '--fault', 'kill:a', '--runs', '1'],
    ]) {
      const outcome = await lab(args);
      expect([outcome.code, outcome.stderr]).toEqual([
        2,
        expect.stringContaining('in lab "half" these nodes are not running: a'),
      ]);
      inOurWords(outcome);
    }
  });

  it('is mended by lab up', async () => {
    await labOk(['up', path]);
    await labOk(['exec', NAME, 'a', '--', 'ping', '-c', '1', '-W', '5', '10.0.0.2']);
    expect(JSON.parse((await labOk(['inspect', NAME, '--json'])).stdout)).toMatchObject({ broken: [] });
  });
});

/** Runs the command on a terminal of its own. */
async function onTerminal(args: readonly string[]): Promise<string> {
  const child = spawn('script', ['-qec', [process.execPath, resolve('bin/lab'), ...args].join(' '), '/dev/null']);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  await new Promise((done) => child.once('close', done));
  return said;
}

describe('a node that writes control characters', () => {
  const ESCAPES = '\\033]0;title\\007 \\033[2J \\033[31mred \\302\\233';
  beforeAll(async () => {
    const shouts = { ...nodes, a: { ...nodes.a, setup: './shout.sh' } };
    await labOk([
      'up',
      writeLab(`${folder}/shout`, { ...FILE, nodes: shouts } as never, { 'shout.sh': `printf 'mark ${ESCAPES}\\n'\n` }),
    ]);
  });
  afterAll(async () => {
    await labOk(['down', NAME]);
  });

  it('has them shown by logs on a terminal, and handed on elsewhere or when asked', async () => {
    const shown = await onTerminal(['logs', NAME, 'a']);
    expect(shown).toContain('mark \\x1b]0;title\\x07 \\x1b[2J \\x1b[31mred \\x9b');
    expect(shown).not.toContain('\x1b');
    const raw = 'mark \x1b]0;title\x07 \x1b[2J \x1b[31mred \xc2\x9b';
    expect(await onTerminal(['logs', NAME, 'a', '--raw'])).toContain(raw);
    expect((await labOk(['logs', NAME, 'a'])).stdout).toContain('mark \x1b]0;title\x07');
  });

  it('has them handed through by exec', async () => {
    const { stdout } = await labOk(['exec', NAME, 'a', '--', 'printf', '\\033[31mred']);
    expect(stdout).toBe('\x1b[31mred');
  });

  it('and fails: its last words are shown, not obeyed', async () => {
    const fails = { ...nodes, a: { ...nodes.a, setup: './fail.sh' } };
    const failing = writeLab(`${folder}/fail`, { ...FILE, nodes: fails } as never, {
      'fail.sh': `printf 'mark ${ESCAPES}\\n'\nfalse\n`,
    });
    const { code, stderr } = await lab(['up', failing, '--recreate']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('mark \\x1b]0;title\\x07')]);
    expect(stderr).not.toContain('\x1b');
  });
});
