import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checklistItems, checklistTable, coversOfLabs, summary } from '../checklist.ts';

const items = checklistItems();
const covers = coversOfLabs();

describe('the release checklist of DPVS', () => {
  it('has 142 items, each with a name of its own', () =>
    expect([items.length, new Set(items.map((i) => i.id)).size]).toEqual([142, 142]));

  it('has every item that a step says it shows', () => {
    const ids = new Set(items.map((i) => i.id));
    expect(covers.flatMap((c) => c.covers.filter((id) => !ids.has(id)).map((id) => `${c.lab}: ${id}`))).toEqual([]);
  });

  it('counts steps with results only', () => expect(covers.filter((c) => c.checks === 0)).toEqual([]));

  it('gives no reason why an item is not shown that is shown', () => {
    const shown = new Set(covers.flatMap((c) => c.covers));
    expect(items.filter((i) => i.open !== undefined && shown.has(i.id))).toEqual([]);
  });

  it('is the table in docs/dpvs-checklist.md: run this file with -u', () =>
    expect(checklistTable(items, covers)).toMatchFileSnapshot('../../docs/dpvs-checklist.md'));

  it('is summed up in the README', () =>
    expect(/\d+ of its\s+142\s+items[^)]*\)/.exec(readFileSync('README.md', 'utf8'))?.[0].replace(/\s+/g, ' ')).toBe(
      summary(items, covers),
    ));
});
