import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fnatFile, lab, labOk, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'bisected';
const folder = leavesNothing(NAME, (name) => name === NAME);
const repository = join(folder, 'repository');
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', repository, ...args], { encoding: 'utf8' });

/** Words of keepalived's health check, and others of the same length that a web server refuses. */
const [ASKS, REFUSED] = ['GET %s HTTP/1', 'GET %s HTTX/1'];

it('the commit with which a check begins to fail is found; one that cannot be built is skipped', async () => {
  const { services, ...rest } = fnatFile();
  const web = { ...services['web'], health: { http: { path: '/', status: 200 }, timeout: '1s', every: '1s' } };
  const file = writeLab(folder, {
    ...rest,
    lab: NAME,
    services: { web },
    scenario: [{ contract: 'web' }, { check: { answers: 'web', for: '8s' } }],
  });
  await labOk(['up', file]);
  const argv = ['bin/lab', 'exec', NAME, 'lb1', '--', 'cat', '/usr/sbin/keepalived'];
  const program = execFileSync(process.execPath, argv, { maxBuffer: 64 * 1024 * 1024 });
  await labOk(['down', NAME]);
  const wrong = Buffer.from(program.toString('latin1').replaceAll(ASKS, REFUSED), 'latin1');
  expect(wrong.equals(program)).toBe(false);

  mkdirSync(repository);
  git('init', '-q', '-b', 'main');
  writeFileSync(join(repository, '.gitignore'), 'keepalived\n');
  for (const [i, build] of ['right', 'right', 'right', 'none', 'wrong', 'wrong'].entries()) {
    writeFileSync(join(repository, 'build.sh'), `echo "build ${i}" && cp ${folder}/${build} keepalived\n`);
    git('add', '.');
    git('commit', '-q', '-m', `change ${i}`);
  }
  writeFileSync(join(folder, 'right'), program);
  writeFileSync(join(folder, 'wrong'), wrong);
  const own = join(repository, 'keepalived');
  const args = ['--check', 'expect.answers', '--good', 'HEAD~5', '--in', repository, '--keepalived', own];

  const { code, stdout } = await lab(['bisect', file, ...args, '--bad', 'main', '--', 'sh', 'build.sh']);
  expect([code, stdout]).toEqual([3, expect.stringMatching(/is among those that were skipped\n$/)]);
  expect(stdout).toMatch(/^skip {2}[0-9a-f]+ change 3: sh ended with 1, so there is no build$/m);
  expect(stdout).toMatch(/^bad {3}[0-9a-f]+ change 4: web: /m);

  // Mended, so that it can be built: then it is found.
  git('checkout', '-q', '-b', 'mended');
  writeFileSync(join(folder, 'none'), wrong);
  const found = await labOk(['bisect', file, ...args, '--bad', 'mended', '--', 'sh', 'build.sh']);
  expect(found.stdout).toMatch(/expect\.answers fails from this commit on: [0-9a-f]+ change 3\n$/);
  expect(git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('mended\n');
}, 600_000);
