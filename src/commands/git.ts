import { spawnSync } from 'node:child_process';
import { Failure } from '../failure.ts';

/** A git repository in which commits are tried. */
export class Repository {
  readonly folder: string;

  /** Throws a usage failure if the folder is no repository, or has changes that a checkout could meet. */
  constructor(folder: string) {
    this.folder = folder;
    const { status, stdout, stderr, error } = this.#git(['status', '--porcelain', '--untracked-files=no']);
    if (error || status !== 0) throw new Failure('no-repository', { folder, said: error?.message ?? stderr.trim() });
    if (stdout !== '') throw new Failure('repository-changed', { folder, files: stdout.trimEnd().split('\n') });
    if (this.#git(['bisect', 'log']).status === 0) throw new Failure('repository-bisected', { folder });
  }

  /** Starts a bisection between two revisions. Throws a usage failure in git's words. */
  start(good: string, bad: string): string {
    return this.#bisect('start', bad, good, '--');
  }

  /** Says how the present commit is; git chooses the next one. */
  say(verdict: 'good' | 'bad' | 'skip'): string {
    return this.#bisect(verdict);
  }

  /** Ends the bisection; the files are as before it. */
  reset(): void {
    this.#git(['bisect', 'reset']);
  }

  /** Returns the present commit, in a line. */
  commit(): string {
    return this.describe('HEAD');
  }

  /** Returns a commit in a line: its short name, and its subject. */
  describe(revision: string): string {
    return this.#git(['log', '-1', '--format=%h %s', revision]).stdout.trim();
  }

  #bisect(...words: readonly string[]): string {
    const { status, stdout, stderr } = this.#git(['bisect', ...words]);
    // 2: only skipped commits are left
    if (status !== 0 && !stdout.includes(ONLY_SKIPPED))
      throw new Failure('not-bisected', { folder: this.folder, said: `${stderr}${stdout}`.trim() });
    return stdout;
  }

  #git(args: readonly string[]) {
    return spawnSync('git', ['-C', this.folder, ...args], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', GIT_PAGER: 'cat' },
    });
  }
}

const ONLY_SKIPPED = "There are only 'skip'ped commits left to test";

/** Returns how a bisection ended, from what git printed: the first bad commit, or none that can be told; undefined if it goes on. */
export function endOf(printed: string): { readonly first: string | undefined } | undefined {
  const [, first] = /^([0-9a-f]{40}) is the first bad commit/m.exec(printed) ?? [];
  if (first !== undefined) return { first };
  return printed.includes(ONLY_SKIPPED) ? { first: undefined } : undefined;
}
