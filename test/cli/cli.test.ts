import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };

describe('lab', () => {
  it('--help lists the commands and gives examples', async () => {
    const { code, stdout } = await lab(['--help']);
    expect(code).toBe(0);
    for (const verb of [
      'up',
      'down',
      'ls',
      'inspect',
      'exec',
      'shell',
      'logs',
      'test',
      'validate',
      'schema',
      'doctor',
      'images',
    ])
      expect(stdout).toContain(`  ${verb}`);
    expect(stdout).toContain('$ lab up fnat-keepalived');
  });

  it.each([
    'up',
    'down',
    'ls',
    'inspect',
    'exec',
    'shell',
    'logs',
    'test',
    'validate',
    'schema',
    'doctor',
    'images build',
    'images ls',
  ])('%s --help gives examples', async (verb) => {
    const { code, stdout } = await lab([...verb.split(' '), '--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Examples:\n  $ lab ${verb}`)]);
  });

  it.each([
    ['an unknown command', ['upp'], /unknown command 'upp'[\s\S]*Did you mean up\?/],
    [
      'an unknown option',
      ['up', 'fnat-keepalived', '--recreat'],
      /unknown option '--recreat'[\s\S]*Did you mean --recreate\?/,
    ],
    ['no argument', ['up'], /missing required argument 'lab'/],
    [
      'an unknown lab',
      ['validate', 'fnat-keepalivd'],
      /there is no lab "fnat-keepalivd"; did you mean "fnat-keepalived"\?/,
    ],
    ['an unknown path', ['validate', './nope/lab.yaml'], /there is no lab file at \.\/nope\/lab\.yaml/],
    ['a bad name', ['up', 'fnat-keepalived', '--name', 'A B'], /"A B" is no good name for a lab/],
    ['an unknown kernel', ['up', 'fnat-keepalived', '--kernel', 'vms'], /Allowed choices are auto, host, uml/],
    ['a bad time', ['up', 'fnat-keepalived', '--timeout', 'soon'], /expected a time such as/],
    ['down without a lab', ['down'], /which lab\?/],
  ])('refuses %s with 2 and says what to do', async (_what, args, expected) => {
    const { code, stderr } = await lab(args, NO_ENGINE);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });

  it('without arguments ends with 2 and the help', async () => {
    const { code, stderr } = await lab([]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Usage: lab')]);
  });

  it.each([
    [['up', 'fnat-keepalived']],
    [['ls']],
    [['doctor']],
    [['exec', 'x', 'y', '--', 'true']],
    [['test', 'fnat-keepalived', '--json']],
  ])('%j without an engine ends with 3 and says so', async (args) => {
    const { code, stderr } = await lab(args, NO_ENGINE);
    expect([code, stderr]).toEqual([3, expect.stringContaining('no container engine answers at tcp://127.0.0.1:1')]);
  });

  it('validate --json gives positions', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'lab: x\nsegments: { lan: 10.0.0.0/8 }\nnodes: {}\nservices: { web: 1 }\n');
    const { code, stdout } = await lab(['validate', file, '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([
      { ok: false, mistakes: [{ place: { line: 3 } }, { place: { line: 4 } }] },
    ]);
  });

  it('validate needs no engine', async () => {
    const { code, stdout } = await lab(['validate', 'fnat-keepalived'], NO_ENGINE);
    expect([code, stdout]).toEqual([0, expect.stringContaining('right (5 nodes, 1 services)')]);
  });

  it('works from another folder', async () =>
    expect((await lab(['validate', 'fnat-keepalived'], { cwd: folder })).code).toBe(0));
});
