import { describe, expect, it } from 'vitest';
import type { Engine, ExecOptions } from '../../src/engine/engine.ts';
import { Failure } from '../../src/failure.ts';
import { byCommand, notPutBack } from '../../src/plan/changes.ts';
import { Hand, type HandOptions } from '../../src/plan/hand.ts';
import { lineOf, noted } from '../../src/plan/journal.ts';
import type { RunningLab } from '../../src/plan/observe.ts';

/** A lab of one node whose journal is kept here, and a record of what was done in it, in order. */
function bench(options: HandOptions = {}) {
  const journal: string[] = [];
  const done: string[] = [];
  const broken = new Set<string>();
  const run = new AbortController();
  const exec = async (container: string, command: readonly string[], { signal }: ExecOptions = {}) => {
    signal?.throwIfAborted();
    const [program, lines] = [
      command.find((w) => w.includes('/lab/changes')),
      command.filter((w) => w.startsWith('{')),
    ];
    const word = command.at(-1) ?? '';
    if (program?.includes('grep -qxFe')) {
      journal.push(...lines.filter((l) => !journal.includes(l)));
      done.push('noted');
    } else if (program?.includes('grep -vxFe')) {
      journal.splice(0, journal.length, ...journal.filter((l) => !lines.includes(l)));
      done.push('struck off');
    } else if (program === undefined) done.push(`${container}: ${word}`);
    const code = broken.has(word) ? 1 : 0;
    return { code, stdout: journal.join('\n'), stderr: code ? 'no way' : '' };
  };
  const running = {
    name: 'bench',
    fabric: { id: 'fabric' },
    nodes: new Map([['n', { id: 'node' }]]),
  } as unknown as RunningLab;
  const hand = new Hand({ exec } as unknown as Engine, running, run.signal, options);
  return { journal, done, broken, run, hand };
}

const change = (name: string) => byCommand(`${name} done`, 'n', [`undo-${name}`]);

describe('a change of a running lab', () => {
  it('is written down before it is made, put back when the work is over, and struck off then', async () => {
    const { hand, done, journal } = bench();
    const [a, b] = [change('a'), change('b')];
    const make = async (steady: Hand) => {
      await steady.run('n', ['make']);
    };
    const work = async () => {
      expect((await noted(hand)).map(lineOf)).toEqual([lineOf(a.change), lineOf(b.change)]);
      done.push('work');
    };
    await hand.changes.during([a, b], make, work);
    expect(done).toEqual(['noted', 'node: make', 'work', 'node: undo-b', 'node: undo-a', 'struck off']);
    expect(journal).toEqual([]);
    expect(await hand.changes.undoAll()).toEqual([]);
  });

  it('of which the making fails is put back at once', async () => {
    const { hand, done, broken, journal } = bench();
    broken.add('make');
    await expect(hand.changes.make([change('a')], (steady) => steady.run('n', ['make']))).rejects.toThrow('no way');
    expect(done.slice(-2)).toEqual(['node: undo-a', 'struck off']);
    expect(journal).toEqual([]);
  });

  it('is made to its end and put back when the run is aborted meanwhile', async () => {
    const { hand, done, run, journal } = bench();
    const work = hand.changes.make([change('a')], async (steady) => {
      run.abort(new Failure('interrupted', {}));
      await steady.run('n', ['make']);
    });
    await work;
    expect(hand.changes.standing).toEqual(['a done']);
    await expect(hand.run('n', ['more'])).rejects.toThrow('interrupted');
    expect(await hand.changes.undoAll()).toEqual([]);
    expect(done).toEqual(['noted', 'node: make', 'node: undo-a', 'struck off']);
    expect(journal).toEqual([]);
    await expect(hand.changes.make([change('b')], async () => undefined)).rejects.toThrow('interrupted');
  });

  it('that cannot be put back stays written down and is told, and keeps nothing else from being put back', async () => {
    const { hand, broken, journal } = bench();
    const [a, b, c] = [change('a'), change('b'), change('c')];
    await hand.changes.make([a, b, c], async () => undefined);
    broken.add('undo-b');
    expect(await hand.changes.undoAll()).toEqual([
      expect.stringMatching(/^b done \(n: `undo-b` ended with 1: no way\)$/),
    ]);
    expect(journal).toEqual([lineOf(b.change)]);
    broken.clear();
    expect(await hand.changes.undoAll()).toEqual([]);
    expect(journal).toEqual([]);
  });

  it('is given up when its time is over', async () => {
    const { hand } = bench({ undoWithin: 20 });
    const stuck = {
      ...change('a'),
      undo: (late: Hand) => new Promise((_, no) => late.signal.addEventListener('abort', no)),
    };
    await hand.changes.make([stuck], async () => undefined);
    expect(await hand.changes.undoAll()).toEqual(['a done (a done could not be undone in time)']);
  });

  it('of a lab that is gone needs no putting back', async () => {
    const gone = new AbortController();
    const { hand, done } = bench({ gone: gone.signal });
    await hand.changes.make([change('a')], async () => undefined);
    gone.abort();
    expect(await hand.changes.undoAll()).toEqual([]);
    expect(done).toEqual(['noted']);
  });
});

describe('what could not be put back', () => {
  it('is told beside why the command ended, with its exit code', () => {
    const left = ['cut:lb1 (no way)'];
    expect(notPutBack('x', left)).toMatchObject({ exitCode: 3, message: 'not undone in x: cut:lb1 (no way)' });
    expect(notPutBack('x', left, new Failure('interrupted', {}))).toMatchObject({
      exitCode: 130,
      message: 'interrupted; not undone in x: cut:lb1 (no way)',
      hint: '`lab heal x` undoes it; `lab fault x` lists it',
    });
  });
});
