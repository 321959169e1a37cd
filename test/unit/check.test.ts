import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import { type Observation, runCheck } from '../../src/checks/check.ts';
import { CannotObserve, Outpaced } from '../../src/plan/hand.ts';

const bed = { signal: new AbortController().signal } as Partial<Bed> as Bed;

/** Runs a check whose looks take so long each and give these in turn, the last again and again. */
async function judged(within: number, takes: number, seen: readonly (boolean | 'nothing' | 'late' | 'final')[]) {
  let looks = 0;
  const look = async (): Promise<Observation> => {
    const given = seen[Math.min(looks++, seen.length - 1)];
    await delay(takes);
    if (given === 'nothing') throw new CannotObserve('the node is gone');
    if (given === 'late') throw new Outpaced('the look took too long');
    return { ok: given === true, seen: `look ${looks}`, ...(given === 'final' ? { final: true } : {}) };
  };
  const spec = { id: 'it', subject: 'web', promise: 'it holds', within, every: 10, look };
  const { verdict, seen: words, stalled } = await runCheck(spec, bed, 'a step');
  return { verdict, words, looks, ...(stalled ? { stalled } : {}) };
}

describe('a check', () => {
  it('without a time looks once', async () => {
    expect(await judged(0, 1, [false])).toEqual({ verdict: 'failed', words: 'look 1', looks: 1 });
  });
  it('passes as soon as its promise holds', async () => {
    expect(await judged(60_000, 1, [false, 'nothing', true])).toEqual({ verdict: 'passed', words: 'look 3', looks: 3 });
  });
  it('whose look outlasts its time looks once more: what was so before the time was up tells nothing', async () => {
    expect(await judged(20, 40, [false, true])).toEqual({ verdict: 'passed', words: 'look 2', looks: 2 });
    expect(await judged(20, 40, [false])).toEqual({ verdict: 'failed', words: 'look 2', looks: 2 });
  });
  it('that nothing later can change ends at once', async () => {
    expect(await judged(60_000, 1, ['final'])).toEqual({ verdict: 'failed', words: 'look 1', looks: 1 });
  });
  it('that cannot look in time is inconclusive, and another run may tell', async () => {
    expect(await judged(20, 1, [false, 'late'])).toMatchObject({
      verdict: 'inconclusive',
      words: 'cannot be observed: the look took too long',
      stalled: true,
    });
  });
  it('that cannot look is inconclusive', async () => {
    expect(await judged(20, 1, ['nothing'])).toMatchObject({
      verdict: 'inconclusive',
      words: 'cannot be observed: the node is gone',
    });
  });
});
