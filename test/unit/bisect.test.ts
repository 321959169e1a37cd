import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { judgedBy } from '../../src/commands/bisect.ts';
import { endOf, Repository } from '../../src/commands/git.ts';
import type { CheckResult, Verdict } from '../../src/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-git-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', folder, ...args], { encoding: 'utf8' });

const result = (id: string, verdict: Verdict) => ({ id, verdict, subject: 'web', seen: 'so' }) as CheckResult;

describe('a commit', () => {
  it('is good if the check passed wherever it is reported, bad if it failed anywhere', () => {
    expect(judgedBy([result('a', 'passed'), result('b', 'failed')], 'a', undefined).verdict).toBe('good');
    expect(judgedBy([result('a', 'passed'), result('a', 'failed')], 'a', undefined)).toEqual({
      verdict: 'bad',
      why: 'web: so',
    });
  });
  it('is skipped if the check was not judged, or the lab did not come to it', () => {
    expect(judgedBy([result('a', 'passed'), result('a', 'inconclusive')], 'a', undefined)).toEqual({
      verdict: 'skip',
      why: 'a is inconclusive: so',
    });
    expect(judgedBy([], 'a', 'lb did not come up\nand more')).toEqual({
      verdict: 'skip',
      why: 'the lab did not come to a: lb did not come up',
    });
  });
});

describe('a repository', () => {
  it('is bisected with commits that are skipped, and is then as it was', () => {
    git('init', '-q', '-b', 'main');
    for (let i = 1; i <= 8; i++) {
      writeFileSync(join(folder, 'number'), `${i}\n`);
      git('add', '.');
      git('commit', '-q', '-m', `number ${i}`);
    }
    const repository = new Repository(folder);
    let printed = repository.start('HEAD~7', 'main');
    const tried: string[] = [];
    for (let end = endOf(printed); !end; end = endOf(printed)) {
      const number = Number(/number (\d)$/.exec(repository.commit())?.[1]);
      tried.push(String(number));
      printed = repository.say(number === 4 ? 'skip' : number >= 6 ? 'bad' : 'good');
    }
    expect(repository.describe(endOf(printed)?.first ?? '')).toMatch(/ number 6$/);
    expect(tried).toContain('4');
    repository.reset();
    expect(git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main\n');
  });
  it('that has only skipped commits left ends, too', () => {
    const repository = new Repository(folder);
    let printed = repository.start('HEAD~3', 'main');
    while (!endOf(printed)) printed = repository.say('skip');
    expect(endOf(printed)).toEqual({ first: undefined });
    repository.reset();
  });
  it('with a revision that is none, with changes, or none at all is refused', () => {
    expect(() => new Repository(folder).start('nowhere', 'main')).toThrow(/git cannot bisect \S+: .*nowhere/s);
    writeFileSync(join(folder, 'number'), 'changed\n');
    expect(() => new Repository(folder)).toThrow(/has changes: M number/);
    expect(() => new Repository(join(folder, 'none'))).toThrow(/is no git repository/);
  });
});
