import { describe, expect, it } from 'vitest';
import { type CheckResult, countResults, type Verdict } from '../../src/events.ts';
import { allText, historyText } from '../../src/output/lines.ts';
import { durationsOf, formatDurations } from '../../src/report/durations.ts';
import { historyOf } from '../../src/report/history.ts';
import { runsIn } from '../../src/report/last-runs.ts';
import { junit, type Report } from '../../src/report/report.ts';
import { divide, parseShard } from '../../src/report/shards.ts';
import { grepLab } from '../../src/scenario/grep.ts';
import { storyOf } from '../../src/scenario/steps.ts';
import { fnatLab } from './lab.ts';

function result(verdict: Verdict, subject = 'web'): CheckResult {
  const fixed = { id: 'dr.source', step: 'web fulfils the contract', promised: 'the client', evidence: [], ms: 1 };
  return { ...fixed, subject, verdict, seen: `it ${verdict}` };
}

function report(results: readonly CheckResult[], more: Partial<Report> = {}): Report {
  const engine = { version: '1', apiVersion: '1', kernel: '1', address: '' };
  const fixed = { lab: 'x', file: 'labs/x', source: '', started: '', ms: 1500, interrupted: false, engine };
  const none = { nodes: [], software: [], earlier: [], left: [] };
  return { ...fixed, ...none, results, counts: countResults(results), ...more };
}

describe('shards', () => {
  const labs = ['a', 'b', 'c', 'd', 'e'];

  it('without durations have the same number of labs, give or take one', () => {
    expect(divide(labs, 2, new Map())).toEqual([
      ['a', 'c', 'e'],
      ['b', 'd'],
    ]);
    expect(divide([...labs].reverse(), 2, new Map())).toEqual(divide(labs, 2, new Map()));
  });

  it('with durations take about as long; a lab without one counts as the median', () => {
    const durations = new Map([
      ['a', 9],
      ['b', 4],
      ['c', 3],
      ['d', 1],
    ]);
    // e counts 4.
    expect(divide(labs, 2, durations)).toEqual([
      ['a', 'd'],
      ['b', 'e', 'c'],
    ]);
  });

  it('have each lab once, also if there are more shards than labs', () => {
    for (const of of [1, 2, 3, 7, 100])
      expect(
        divide(labs, of, new Map([['b', 7]]))
          .flat()
          .sort(),
      ).toEqual(labs);
    expect(divide(labs, 7, new Map())).toHaveLength(7);
  });

  it.each(['0/2', '3/2', '1', '1/', 'a/b', '1/2/3', '-1/2', '1/0'])('%s is none', (text) => {
    expect(parseShard(text)).toBeUndefined();
  });
});

describe('--grep', () => {
  const lab = fnatLab();
  const titles = lab.scenario.map((step) => storyOf(step).title(lab, step));

  it('matches a lab, a step and a check, in the order in which they are printed', () => {
    expect(grepLab(lab, new RegExp(`^${lab.name} `, 'i'))).toEqual(lab);
    expect(grepLab(lab, /fulfils/i)?.scenario).toEqual([lab.scenario[0]]);
    expect(grepLab(lab, /FNAT\.SOURCE web$/i)?.scenario).toEqual([lab.scenario[0]]);
    expect(titles[0]).toMatch(/fulfils/);
  });

  it('leaves out a lab in which nothing matches', () => {
    expect(grepLab(lab, /no such step/i)).toBeUndefined();
  });
});

describe('a lab that is tested several times', () => {
  const runs = [
    report([result('passed'), result('passed', 'dns')], { run: 1 }),
    report([result('failed'), result('passed', 'dns')], { run: 2 }),
    report([result('passed'), result('passed', 'dns')], { run: 3 }),
  ];

  it('is flaky if it passed and failed', () => {
    expect(historyOf(runs)).toEqual({
      runs: ['passed', 'failed', 'passed'],
      flaky: true,
      unsteady: [
        { check: 'dr.source web', step: 'web fulfils the contract', verdicts: ['passed', 'failed', 'passed'] },
      ],
    });
  });

  it.each([
    ['passes always', ['passed', 'passed'], false],
    ['fails always', ['failed', 'failed'], false],
    ['fails or is not judged', ['failed', 'inconclusive'], false],
    ['passes or is not judged', ['passed', 'inconclusive'], false],
  ] as const)('is not flaky if it %s', (_what, verdicts, flaky) => {
    expect(historyOf(verdicts.map((v) => report([result(v)]))).flaky).toBe(flaky);
  });

  it('is flaky if its nodes came up in one run only, and not if the user interrupted a run', () => {
    expect(historyOf([report([result('passed')]), report([], { error: 'no' })]).flaky).toBe(true);
    expect(historyOf([report([result('passed')]), report([], { interrupted: true })]).flaky).toBe(false);
  });

  it('is told with its history', () => {
    expect(historyText(runs)).toBe(
      'x is flaky: it passed in 2 of 3 runs (passed, failed, passed)\n' +
        '  x: dr.source web (web fulfils the contract): passed, failed, passed',
    );
    const text = allText([...runs, report([result('passed')], { lab: 'y' })], countResults([]), 10);
    expect(text).toMatch(/^FLAKY {2}x {2}passed in 2 of 3 runs \(passed, failed, passed\) {2}4\.50 s$/m);
    expect(text).toMatch(/^pass {3}y {2}1 passed, 0 failed +1\.50 s$/m);
    expect(text).toContain('1 of 2 labs passed');
  });

  it('has a suite for each run in JUnit, and a check that is flaky says so', () => {
    const xml = junit(runs);
    expect([...xml.matchAll(/<testsuite name="([^"]*)"/g)].map((m) => m[1])).toEqual([
      'x (run 1)',
      'x (run 2)',
      'x (run 3)',
    ]);
    expect(xml).toContain('<failure message="flaky, passed in 2 of 3 runs: it failed"');
    expect(xml).toContain('<property name="flaky" value="true"/>');
    expect(xml).toContain('<property name="history" value="passed, failed, passed"/>');
    expect(junit([report([result('failed')])])).toContain('<failure message="it failed"');
  });

  it('counts as failed for --last-failed, and its longest run for durations', () => {
    expect(runsIn([runs])).toEqual([{ lab: 'x', argument: 'labs/x', passed: false }]);
    const durations = durationsOf([...runs, report([], { ms: 23_456 }), report([], { lab: 'a', ms: 10 })]);
    expect(formatDurations(durations)).toBe('{\n  "a": 0,\n  "x": 23.5\n}\n');
  });
});
