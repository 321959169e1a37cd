import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modes } from '../../src/modes/index.ts';
import { RECORDED, recorded } from '../recorded.ts';

const names = readdirSync(RECORDED).sort();

describe('a contract that was recorded', () => {
  it.each(names)('%s is judged as it was, from its packets alone', async (name) => {
    const { verdicts, judge } = recorded(name);
    expect(await judge()).toEqual(verdicts);
  });

  it('is there for every mode, whole and broken', () => {
    const kept = names.map((name) => ({ name, broken: recorded(name).verdicts.some((v) => v.verdict === 'failed') }));
    for (const mode of Object.keys(modes))
      expect([mode, kept.filter((k) => k.name.startsWith(`${mode}-`)).map((k) => k.broken)]).toEqual([
        mode,
        expect.arrayContaining([true, false]),
      ]);
  });
});
