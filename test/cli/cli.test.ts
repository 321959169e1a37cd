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
      'watch',
      'ui',
      'exec',
      'shell',
      'logs',
      'test',
      'fault',
      'heal',
      'measure',
      'compare',
      'validate',
      'import',
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
    'watch',
    'ui',
    'exec',
    'shell',
    'logs',
    'test',
    'fault',
    'heal',
    'measure',
    'compare',
    'validate',
    'import',
    'schema',
    'doctor',
    'images build',
    'images list',
    'images push',
    'images pull',
    'images save',
    'images load',
    'images prune',
  ])('%s --help gives examples', async (verb) => {
    const { code, stdout } = await lab([...verb.split(' '), '--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Examples:\n  $ lab ${verb}`)]);
  });

  it('fault without a lab lists every fault and how it is written', async () => {
    const { code, stdout } = await lab(['fault']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kill:NODE or kill:NODE\/PROGRAM +a power failure/m);
    expect(stdout).toMatch(/^loss:NODE\[=10%\] or loss:NODE@SEGMENT\[=10%\] +/m);
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
    ['a bad name', ['up', 'fnat-keepalived', '--name', 'A B'], /invalid lab name "A B"/],
    ['an unknown kernel', ['up', 'fnat-keepalived', '--kernel', 'vms'], /Allowed choices are auto, host, uml/],
    ['a bad time', ['up', 'fnat-keepalived', '--timeout', 'soon'], /expected a time such as/],
    ['down without a lab', ['down'], /no lab is named/],
    ['measure without a fault', ['measure', 'fnat-keepalived'], /required option '--fault <fault>' not specified/],
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

  it('init writes a lab that validates, and never over another', async () => {
    const dir = join(folder, 'made');
    const made = await lab(
      ['init', 'made', '--mode', 'tun', '--family', '6', '--protocol', 'both', '--dir', dir],
      NO_ENGINE,
    );
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('wrote ') });
    expect((await lab(['validate', dir], NO_ENGINE)).code).toBe(0);
    expect(await lab(['init', 'made', '--dir', dir])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists already'),
    });
    expect(await lab(['init', 'made', '--mode', 'snat', '--ha', 'vrrp', '--dir', join(folder, 'no')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('snat has no VIP'),
    });
    expect((await lab(['init', 'Bad Name'])).code).toBe(2);
  });

  it.each([
    [[], /wan ─+●/],
    [['--mermaid'], /^flowchart LR\n/],
    [['--svg'], /^<svg /],
  ])('graph %s draws a lab without an engine', async (options, picture) => {
    const { code, stdout } = await lab(['graph', 'fnat-two-arm', ...options], NO_ENGINE);
    expect([code, stdout]).toEqual([0, expect.stringMatching(picture)]);
  });

  it('graph takes one kind of picture, and names the nearest lab', async () => {
    expect((await lab(['graph', 'fnat-two-arm', '--svg', '--mermaid'])).code).toBe(2);
    expect(await lab(['graph', 'fnat-two-arn'], NO_ENGINE)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean "fnat-two-arm"?'),
    });
  });

  it('test wants labs, or all of them', async () => {
    expect(await lab(['test'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no lab is named') });
    expect((await lab(['test', 'snat', '--all'])).code).toBe(2);
    expect((await lab(['test', 'snat', 'vlan', '--name', 'x'])).code).toBe(2);
  });

  it('validate needs no engine', async () => {
    const { code, stdout } = await lab(['validate', 'fnat-keepalived'], NO_ENGINE);
    expect([code, stdout]).toEqual([0, expect.stringContaining('valid (5 nodes, 1 service)')]);
  });

  it('shows what a lab file says, and obeys nothing of it', async () => {
    const hostile = '\u001b]0;title\u0007\u001b[2J\u009b1m\u202e\u007f';
    const written = JSON.stringify(hostile).replaceAll('\u007f', '\\u007f').replaceAll('\u202e', '\\u202e');
    const source = written.replaceAll('\u009b', '\\u009b');
    const path = join(folder, `${hostile.replaceAll('/', '')}.yaml`);
    for (const text of [
      `lab: x\nsource: ${source}\nnodes: { a: { kind: ${source} } }\n${source}: 1\n`,
      `lab: ${hostile}\n`,
      `lab: x\nsource: ${source}\nsegments: { lan: 10.0.0.0/24 }\nnodes: { a: { kind: client, lan: 10.0.0.1 } }\n`,
    ]) {
      writeFileSync(path, text);
      for (const args of [
        ['validate', path],
        ['validate', path, '--json'],
        ['graph', path],
        ['graph', path, '--mermaid'],
        ['up', hostile],
      ]) {
        const { stdout, stderr } = await lab(args, NO_ENGINE);
        expect(`${stdout}${stderr}`).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
      }
    }
  });

  it('works from another folder', async () =>
    expect((await lab(['validate', 'fnat-keepalived'], { cwd: folder })).code).toBe(0));
});
