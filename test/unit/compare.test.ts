import { describe, expect, it } from 'vitest';
import type { CheckResult, Verdict } from '../../src/events.ts';
import { compare } from '../../src/report/compare.ts';
import { leastRankSum, rankSum } from '../../src/report/rank-sum.ts';
import type { Report } from '../../src/report/report.ts';

const upTo = (n: number, from = 1) => Array.from({ length: n }, (_, i) => from + i);

describe('the rank-sum test', () => {
  // Counted by hand: 2 of the choices of 5 of 10 are as extreme; then 2 × (1 + 1) for one exchange.
  it.each([
    [upTo(5), upTo(5, 6), 2 / 252],
    [[1, 2, 3, 4, 6], [5, 7, 8, 9, 10], 4 / 252],
    [[1, 2], [3, 4], 2 / 6],
    [[7, 7, 7], [7, 7, 7], 1],
    [[1], [], 1],
  ])('of %j and %j is exact', (a, b, p) => {
    expect(rankSum(a, b)).toBeCloseTo(p, 12);
    expect(rankSum(b, a)).toBeCloseTo(p, 12);
  });

  it('gives equal values the mean of their ranks', () => {
    // ranks 1.5 1.5 3.5 | 3.5 5 6: the sum 6.5 of 10.5; of 20 choices these are as far: {1,2,3}, {1,2,4}, {4,5,6}, {3,5,6}
    expect(rankSum([1, 1, 2], [2, 3, 4])).toBeCloseTo(4 / 20, 12);
  });

  it('of many values is near to what is counted for a few less', () => {
    const [a, b] = [upTo(30), upTo(30, 9)];
    expect(Math.abs(rankSum(a, b) - rankSum(a, [...b, 20]))).toBeLessThan(0.02);
    expect(rankSum(upTo(100), upTo(100))).toBe(1);
    expect(rankSum(upTo(100), upTo(100, 60))).toBeLessThan(1e-6);
  });

  it('can say no less than the number of choices allows', () => {
    expect(leastRankSum(5, 5)).toBeCloseTo(2 / 252, 12);
    expect(leastRankSum(1, 1)).toBe(1);
    expect(rankSum(upTo(4), upTo(4, 5))).toBeCloseTo(leastRankSum(4, 4), 12);
  });
});

function result(verdict: Verdict, figures?: Record<string, number>): CheckResult {
  const fixed = { id: 'fault.outage', subject: 'web', step: 'lb1 is killed', promised: 'little', evidence: [], ms: 1 };
  return { ...fixed, verdict, seen: `it ${verdict}`, ...(figures ? { figures } : {}) };
}

function report(results: readonly CheckResult[], software = 'keepalived 2.2.7'): Report {
  return {
    lab: 'vrrp',
    engine: { version: '20.10' },
    nodes: [{ name: 'lb1', kind: 'director', kernel: 'uml', kernelVersion: '7.2' }],
    software: [software],
    results,
  } as unknown as Report;
}

const outages = (all: readonly number[]) => [report(all.map((outage) => result('passed', { outage, worstLag: 5 })))];

describe('two reports', () => {
  it.each([
    ['passed', 'failed', 'worse'],
    ['failed', 'passed', 'better'],
    ['passed', 'inconclusive', 'other'],
    ['inconclusive', 'passed', 'better'],
    ['skipped', 'inconclusive', 'other'],
    ['inconclusive', 'failed', 'worse'],
    ['failed', 'inconclusive', 'other'],
  ] as const)('of which a check %s, and now %s, are %s', (before, after, way) => {
    const { changes, same } = compare([report([result(before)])], [report([result(after)])], 25);
    expect(changes).toEqual([expect.objectContaining({ kind: 'verdict', way, before, after, seen: `it ${after}` })]);
    expect(same).toBe(0);
  });

  it('are worse without a check that passed, and better with a new one that passes', () => {
    const [none, one] = [[report([])], [report([result('passed')])]];
    expect(compare(one, none, 25).changes).toMatchObject([{ way: 'worse', before: 'passed', after: undefined }]);
    expect(compare(none, one, 25).changes).toMatchObject([{ way: 'better', before: undefined, after: 'passed' }]);
  });

  it('of many runs failed if one of them failed', () => {
    const before = [report([result('passed')]), report([result('passed')])];
    const after = [report([result('passed')]), report([result('failed')])];
    expect(compare(before, after, 25).changes).toMatchObject([{ way: 'worse', after: 'failed' }]);
  });

  it('differ in an outage that is longer in every run, by more than the probe can tell', () => {
    const { changes, judged } = compare(outages(upTo(8, 3000)), outages(upTo(8, 3200)), 25);
    expect(changes).toEqual([
      expect.objectContaining({
        kind: 'figure',
        figure: 'outage',
        way: 'worse',
        before: 3003,
        after: 3203,
        error: 30,
      }),
    ]);
    expect(judged).toBe(1);
    expect(compare(outages(upTo(8, 3200)), outages(upTo(8, 3000)), 25).changes).toMatchObject([{ way: 'better' }]);
  });

  it('do not differ in an outage that chance explains, or that the probe cannot tell', () => {
    expect(compare(outages([3000, 3400, 3100]), outages([3300, 3500, 3200]), 25)).toMatchObject({
      changes: [],
      same: 1,
      judged: 0,
      unjudged: 1,
    });
    expect(compare(outages(upTo(8, 3000)), outages(upTo(8, 3020)), 25).changes).toEqual([]);
    expect(compare(outages(upTo(8, 3000)), outages(upTo(8, 3000)), 25)).toMatchObject({ changes: [], judged: 1 });
  });

  it('tell what they ran on where it differs', () => {
    const after = report([result('passed')], 'keepalived 2.3.3');
    expect(compare([report([result('passed')])], [after], 25).setup).toEqual(['keepalived: 2.2.7, now 2.3.3']);
  });
});
