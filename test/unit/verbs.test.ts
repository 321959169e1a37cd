import { describe, expect, it } from 'vitest';
import type { Verb } from '../../src/commands/verb.ts';
import { verbs } from '../../src/commands/verbs.ts';

const ALL: readonly Verb[] = verbs.flatMap((each) => ('run' in each ? [each] : each.verbs));

describe.each(ALL)('the verb $name', (verb) => {
  it('gets each flag by the name under which it is declared', () => {
    const flags = Object.entries(verb.flags);
    expect(flags.map(([name]) => name)).toEqual(flags.map(([, { option }]) => option.attributeName()));
  });

  it('gets each argument as its form says, the ones that may be left out last', () => {
    const forms = Object.values(verb.arguments).map((a) => a.form);
    for (const form of forms) expect(form).toMatch(/^(<[a-z]+(\.\.\.)?>|\[[a-z]+(\.\.\.)?\])$/);
    expect(forms.slice(0, -1).filter((form) => form.includes('...'))).toEqual([]);
    expect(forms.map((form) => form.startsWith('['))).toEqual(forms.map((form) => form.startsWith('[')).sort());
  });

  it('has a summary, help for all that it takes, and examples that call it', () => {
    const help = [verb.summary, ...Object.values(verb.arguments).map((a) => a.help)];
    for (const text of [...help, ...Object.values(verb.flags).map((f) => f.option.description)])
      expect(text).not.toBe('');
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const example of verb.examples)
      expect(example).toMatch(new RegExp(`^lab (images |report |completion )?${verb.name}\\b`));
  });
});
