import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL, packLab } from '../../src/engine/labels.ts';
import { lab } from '../lab.ts';
import { fnatLab } from '../unit/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-completion-'));
const NO_ENGINE = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
let engine: Server;
let env: Record<string, string>;

/** An engine with one running lab, `mine`, and one whose name a shell would act on. */
function answers(): Server {
  const made = fnatLab();
  const containers = ['mine', 'evil$(id)\u001b[2J'].map((name) => ({
    Names: [`/lvslab.${name}`],
    Labels: { [LABEL.lab]: name, [LABEL.definition]: packLab({ ...made, name }) },
  }));
  return createServer((_ask, answer) => answer.end(JSON.stringify(containers)));
}

beforeAll(async () => {
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'lab'), `#!/bin/sh\nexec "${process.execPath}" "${resolve('bin/lab')}" "$@"\n`);
  chmodSync(join(folder, 'bin', 'lab'), 0o755);
  engine = answers();
  const socket = join(folder, 'engine.sock');
  await new Promise<void>((ready) => engine.listen(socket, ready));
  env = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    DOCKER_HOST: `unix://${socket}`,
    HOME: folder,
    LAB_COMPLETION_MS: '20000',
  };
});
afterAll(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Returns what a call by a shell prints: how it goes on, and the words. */
async function asked(words: readonly string[], more: Record<string, string> = env) {
  const { code, stdout, stderr } = await lab(['__complete', ...words], { env: more });
  expect([code, stderr]).toEqual([0, '']);
  const [how, ...lines] = stdout.trimEnd().split('\n');
  return { how, words: lines.map((line) => line.split('\t')[0]) };
}

describe('the hidden call of a shell', () => {
  it('offers running labs, their nodes, faults and programs, and no name that a shell would act on', async () => {
    expect(await asked(['exec', ''])).toEqual({ how: 'words', words: ['mine'] });
    expect((await asked(['exec', 'mine', 'lb'])).words).toEqual(['lb1', 'lb2']);
    expect(await asked(['fault', 'mine', 'ki'])).toEqual({ how: 'parts', words: ['kill:'] });
    expect((await asked(['fault', 'mine', 'kill:lb1'])).words).toEqual(['kill:lb1', 'kill:lb1/keepalived']);
    expect((await asked(['exec', 'mine', 'rs1', '--', 'svc', 'stop', ''])).words).toContain('nginx');
    expect((await asked(['test', 'mi'])).words).toEqual(['mine']);
    expect((await asked(['down', 'mine', ''])).words).toEqual([]);
  });

  it('without an engine offers the rest, and says nothing of it', async () => {
    expect(await asked(['exec', ''], NO_ENGINE)).toEqual({ how: 'words', words: [] });
    expect((await asked(['graph', 'dr-one'], NO_ENGINE)).words).toEqual(['dr-one-arm']);
    expect((await asked(['measure', 'fnat-keepalived', '--fault=kill:lb1/'], NO_ENGINE)).words).toEqual([
      '--fault=kill:lb1/keepalived',
    ]);
    expect(await asked(['exec', ''], { DOCKER_HOST: 'no address' })).toEqual({ how: 'words', words: [] });
    expect(await asked(['measure', 'no-such-lab', '--fault', ''], NO_ENGINE)).toEqual({ how: 'words', words: [] });
    expect((await asked(['report', 'open', ''], NO_ENGINE)).how).toBe('folders');
  });
});

/** Runs a shell, and returns the lines that it prints; the engine answers meanwhile. */
async function shell(name: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(name, args, { env: { ...process.env, ...env } });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Whether a shell is there; if not, its tests are skipped. */
const there = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe.runIf(there('bash'))('bash', () => {
  it.each([
    ['lab te', ['test']],
    ['lab up fnat-k', ['fnat-keepalived', 'fnat-keepalived-two-arm']],
    ['lab fault mine kil', ['kill:']],
    ['lab fault mine kill:lb1', ['lb1', 'lb1/keepalived']],
    ['lab measure mine --fault=kill:lb1/', ['lb1/keepalived']],
    ['lab test --driver=b', ['both']],
    ['lab report open test/un', ['test/unit']],
    ['lab nope ', []],
  ])('completes `%s`', async (line, expected) => {
    const script = `source <(lab completion bash); compopt() { :; }
      COMP_LINE=$1; COMP_POINT=\${#1}; _lab; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(await shell('bash', '--norc', '-c', script, 'bash', line)).toEqual(expected);
  });

  it('has it after `lab completion install`, once, and not after --uninstall', async () => {
    const rc = join(folder, '.bashrc');
    const run = (...more: string[]) =>
      lab(['completion', 'install', '--shell', 'bash', ...more], {
        env: { ...env, XDG_DATA_HOME: join(folder, "d'a") },
      });
    writeFileSync(rc, 'alias x=y');
    expect((await run()).stdout).toContain(`${rc} loads it, by the lines at its end`);
    const once = readFileSync(rc, 'utf8');
    expect((await run()).stdout).toContain(`${rc} loads it already`);
    expect(readFileSync(rc, 'utf8')).toBe(once);
    expect(await shell('bash', '--norc', '-c', `source ${rc}; complete -p lab`)).toEqual(['complete -F _lab lab']);
    expect((await run('--uninstall')).stdout).toContain(`removed the lines in ${rc}`);
    expect(readFileSync(rc, 'utf8')).toBe('alias x=y\n');
    expect(existsSync(join(folder, "d'a", 'lvslab', 'lab.bash'))).toBe(false);
    expect((await run('--uninstall')).stdout).toBe('nothing is installed\n');
  });
});

describe.runIf(there('fish'))('fish', () => {
  it('completes verbs, choices and faults', async () => {
    const script = 'lab completion fish | source; complete -C $argv[1]';
    const complete = async (line: string) =>
      (await shell('fish', '-N', '-c', script, line)).map((word) => word.split('\t')[0]);
    expect(await complete('lab te')).toEqual(['test']);
    expect(await complete('lab test --driver ')).toEqual(['both', 'dpvs', 'ipvs']);
    expect(await complete('lab fault mine kill:lb1/')).toEqual(['kill:lb1/keepalived']);
  });
});

describe.runIf(there('zsh'))('zsh', () => {
  it('completes verbs, choices and faults', async () => {
    const script = `compdef() { : }; source <(lab completion zsh); compadd() { print -rl -- $values }
      words=("$@"); CURRENT=$#words; PREFIX=$words[-1]; _lab`;
    const complete = (...words: string[]) => shell('zsh', '-f', '-c', script, 'zsh', 'lab', ...words);
    expect(await complete('te')).toEqual(['test']);
    expect(await complete('test', '--driver', '')).toEqual(['ipvs', 'dpvs', 'both']);
    expect(await complete('fault', 'mine', 'kill:lb1/')).toEqual(['kill:lb1/keepalived']);
  });
});

it('install refuses a shell that it does not know', async () => {
  const refused = await lab(['completion', 'install'], { env: { ...NO_ENGINE, SHELL: '/bin/tcsh' } });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no completion for tcsh') });
});
