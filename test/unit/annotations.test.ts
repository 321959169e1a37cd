import { describe, expect, it } from 'vitest';
import type { CheckResult, Verdict } from '../../src/events.ts';
import { countResults } from '../../src/events.ts';
import { annotations } from '../../src/report/annotations.ts';
import type { Report } from '../../src/report/report.ts';
import { summaryMarkdown } from '../../src/report/summary.ts';

function result(verdict: Verdict, seen: string, subject = 'web'): CheckResult {
  const fixed = { id: 'dr.source', step: 'web, fulfils: it', promised: '100 %', evidence: [], ms: 1 };
  return { ...fixed, subject, verdict, seen };
}

function report(lab: string, results: readonly CheckResult[], more: Partial<Report> = {}): Report {
  const engine = { version: '1', apiVersion: '1', kernel: '1', address: '' };
  const fixed = { lab, file: lab, source: '', started: '', ms: 1500, interrupted: false, engine };
  const none = { nodes: [], software: [], earlier: [], left: [] };
  return { ...fixed, ...none, results, counts: countResults(results), ...more };
}
const at = (of: Report, step: string | undefined) => ({ file: `labs/${of.lab},x:y/lab.yaml`, line: step ? 7 : 1 });

describe('annotations for GitHub', () => {
  it('mark failed and inconclusive checks at their steps, errors first, escaped as the runner reads them', () => {
    const results = [
      result('inconclusive', 'a stall', 'dns'),
      result('failed', 'lines\r\n::error::of 50 %'),
      result('passed', ''),
    ];
    expect(annotations([report('x', results)], at)).toEqual([
      '::error file=labs/x%2Cx%3Ay/lab.yaml,line=7,title=x%3A dr.source web::web, fulfils: it%0Apromised: 100 %25%0Aseen: lines%0D%0A::error::of 50 %25',
      '::warning file=labs/x%2Cx%3Ay/lab.yaml,line=7,title=x%3A dr.source dns::inconclusive: web, fulfils: it%0Apromised: 100 %25%0Aseen: a stall',
    ]);
  });

  it('mark a lab that ended early, and one that is flaky; a check once for all runs', () => {
    const runs = [
      report('x', [result('failed', 'a')], { run: 1 }),
      report('x', [result('failed', 'b')], { run: 2 }),
      report('x', [result('passed', 'c')], { run: 3 }),
    ];
    const early = report('y', [], { error: 'no engine' });
    expect(annotations([...runs, early], () => undefined)).toEqual([
      expect.stringMatching(/^::error title=x%3A dr\.source web::.*seen: a$/),
      '::error title=y ended early::no engine',
      '::warning title=x is flaky::runs: failed, failed, passed',
    ]);
    expect(annotations([report('z', [result('passed', '')])], at)).toEqual([]);
  });
});

describe('the summary', () => {
  it('has a line for each lab, and what did not pass', () => {
    const text = summaryMarkdown([
      report('x', [result('passed', ''), result('failed', 'nothing', 'dns')]),
      report('y', [result('passed', '')]),
    ]);
    expect(text).toContain('### 1 of 2 labs passed\n\n2 checks passed, 1 failed\n');
    expect(text).toContain('| ❌ | x | 1 / 2 | 1.50 s |  |');
    expect(text).toContain('| ✅ | y | 1 / 1 | 1.50 s |  |');
    expect(text.match(/<details>/g)).toHaveLength(1);
  });

  it('has nothing of a node that Markdown or HTML would act on', () => {
    const evil = '</details><script>alert(1)</script>\n# big | a [link](http://x) `code` **bold** @name \u202e ![i](j)';
    const hostile = report('x', [result('failed', evil, evil)], { error: evil });
    const text = summaryMarkdown([hostile]);
    const own = text.replaceAll(/<\/?(?:details|summary|b|br)>/g, '');
    expect(own).not.toMatch(/[<>[\]`@\u202e]|\*\*|\n# /);
    expect(text.match(/<\/details>/g)).toHaveLength(1);
    for (const row of text.split('\n').filter((line) => line.startsWith('|'))) expect(row.split('|')).toHaveLength(7);
  });

  it('stays below what GitHub takes for a step', () => {
    const many = Array.from({ length: 5000 }, (_, i) => result('failed', '<'.repeat(5000), `s${i}`));
    const text = summaryMarkdown([report('x', many)]);
    expect(text).toContain('and 4900 more');
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
  });
});
