import { describe, expect, it } from 'vitest';
import { wantedAt } from '../../src/commands/complete-line.ts';
import { commandOf, faultsOf, placesOf } from '../../src/commands/complete-things.ts';
import type { Verb } from '../../src/commands/verb.ts';
import { verbs } from '../../src/commands/verbs.ts';
import { faults } from '../../src/faults/index.ts';
import { parseFault } from '../../src/faults/parse.ts';
import { fnatLab } from './lab.ts';

const wanted = (...words: string[]) => wantedAt(words, verbs);
const words = (...typed: string[]) => {
  const found = wanted(...typed);
  return found.kind === 'words' ? found.words.map((w) => w.word) : [];
};

describe('what may follow on the command line', () => {
  it('is every verb, each once', () => {
    expect(words('')).toEqual(verbs.map((v) => v.name));
    expect(words('report', '')).toEqual(['merge', 'open']);
    expect(new Set(words(''))).toHaveProperty('size', verbs.length);
  });

  const all: readonly { readonly path: string[]; readonly verb: Verb }[] = verbs.flatMap((each) =>
    'run' in each
      ? [{ path: [each.name], verb: each }]
      : each.verbs.map((verb) => ({ path: [each.name, verb.name], verb })),
  );
  it.each(all)('after `lab $path` is each of its flags once, as it declares them', ({ path, verb }) => {
    const flags = Object.values(verb.flags).map((f) => f.option.long);
    expect(words(...path, '-')).toEqual([...flags, '--help']);
    for (const flag of flags) {
      const { option, completes } = Object.values(verb.flags).find((f) => f.option.long === flag) ?? expect.fail();
      // A flag with a value says what it is, or has words of its own, or takes anything.
      if (option.argChoices) expect(words(...path, flag ?? '', '')).toEqual(option.argChoices);
      else if (option.required) expect(wanted(...path, flag ?? '', '')).toMatchObject({ thing: completes });
      else expect(words(...path, flag ?? '', '-')).not.toContain(flag);
    }
  });

  it.each([
    [['up', ''], { thing: 'lab', given: [] }],
    [['exec', 'x', ''], { thing: 'node', given: ['x'] }],
    [['exec', 'x', 'lb1', '--', 'svc', ''], { thing: 'command', given: ['x', 'lb1', 'svc'] }],
    [['down', 'x', ''], { thing: 'running lab', given: ['x'] }],
    [['measure', 'x', '--runs', '3', '--fault', 'ki'], { thing: 'fault', given: ['x'], before: '' }],
    [['measure', 'x', '--fault=ki'], { thing: 'fault', given: ['x'], before: '--fault=' }],
    [['measure', 'x', '--clients', 'one', ''], { thing: 'client', given: ['x'] }],
    [['test', '-j', '2', 'x', ''], { thing: 'lab or running lab', given: ['x'] }],
    [['test', '--report', ''], { thing: 'folder' }],
  ] as const)('%j is found by the declarations', (typed, expected) => {
    expect(wanted(...typed)).toMatchObject({ kind: 'thing', ...expected });
  });

  it('is nothing after an unknown verb, and no flag in the command for a node', () => {
    expect(words('nope', '')).toEqual([]);
    expect(words('report', 'nope', '')).toEqual([]);
    expect(wanted('exec', 'x', 'lb1', '-')).toMatchObject({ thing: 'command' });
  });
});

describe('what a lab offers', () => {
  const lab = fnatLab();

  it('has every kind of fault that fits it, and only faults that `lab fault` takes', () => {
    const kinds = faultsOf(lab, '').map((c) => c.word);
    expect(new Set(kinds).size).toBe(kinds.length);
    for (const kind of kinds) {
      const each = faultsOf(lab, kind).map((c) => c.word);
      expect(each.length, kind).toBeGreaterThan(0);
      for (const text of each) expect(parseFault(text, lab)).toMatchObject({ ok: true });
    }
    // No lab announces its VIPs here.
    expect(Object.keys(faults).filter((kind) => !kinds.includes(`${kind}:`))).toEqual(['withdraw']);
    expect(faultsOf(lab, 'ki').map((c) => c.word)).toEqual(['kill:']);
    expect(faultsOf(lab, 'kill:').map((c) => c.word)).toContain('kill:lb1/keepalived');
  });

  it('has its places, and the programs of a node', () => {
    const places = placesOf(lab).map((c) => c.word);
    expect(places).toEqual(expect.arrayContaining(['lan', 'lb1', 'lb1:eth0']));
    expect(new Set(places).size).toBe(places.length);
    expect(commandOf(lab, 'rs1', ['svc', 'stop']).map((c) => c.word)).toContain('nginx');
    expect(commandOf(lab, 'rs1', []).map((c) => c.word)).toEqual(['svc']);
    expect(commandOf(lab, 'nope', [])).toEqual([]);
  });
});
