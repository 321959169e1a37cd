import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/events.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { graphSvg } from '../../src/graph/svg.ts';
import { junit, type Report } from '../../src/report/report.ts';
import { hostile } from './hostile.ts';

interface Parsed {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Parsed[];
  text: string;
}

/** Reads XML with a parser that is not the writer's; throws where it is not well-formed. */
function parse(xml: string): Parsed {
  const top: Parsed = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const made: Parsed = { name, attributes: attributes as Record<string, string>, children: [], text: '' };
    open.at(-1)?.children.push(made);
    open.push(made);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', (text) => {
    (open.at(-1) ?? top).text += text;
  });
  parser.write(xml).close();
  return top.children[0] ?? expect.fail('no element');
}

function all(parsed: Parsed, name: string): Parsed[] {
  return [...(parsed.name === name ? [parsed] : []), ...parsed.children.flatMap((c) => all(c, name))];
}

/** What a reader must see of an attribute: no characters that XML 1.0 does not allow (§2.2). */
function seen(text: string): string {
  return Array.from(text, (c) =>
    /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(c) ? c : '\ufffd',
  ).join('');
}

/** And of text in an element, whose lines end as XML has it (§2.11). */
function seenAsText(text: string): string {
  return seen(text).replace(/\r\n?/g, '\n');
}

const result: fc.Arbitrary<CheckResult> = fc.record({
  id: hostile,
  subject: hostile,
  step: hostile,
  promised: hostile,
  seen: hostile,
  verdict: fc.constantFrom('passed', 'failed', 'inconclusive', 'skipped'),
  evidence: fc.array(hostile, { maxLength: 2 }),
  ms: fc.nat(100_000),
}) as fc.Arbitrary<CheckResult>;

const report: fc.Arbitrary<Report> = fc.record({
  lab: hostile,
  file: hostile,
  source: hostile,
  started: fc.constant('2026-01-01T00:00:00Z'),
  ms: fc.nat(100_000),
  interrupted: fc.boolean(),
  error: hostile,
  engine: fc.record({ version: hostile, apiVersion: hostile, kernel: hostile, address: hostile }),
  nodes: fc.array(fc.record({ name: hostile, kind: hostile, kernel: hostile, kernelVersion: hostile }), {
    maxLength: 2,
  }),
  software: fc.array(hostile, { maxLength: 2 }),
  counts: fc.record({ passed: fc.nat(9), failed: fc.nat(9), inconclusive: fc.nat(9), skipped: fc.nat(9) }),
  earlier: fc.constant([]),
  left: fc.constant([]),
  results: fc.array(result, { maxLength: 4 }),
});

describe('JUnit', () => {
  it('is XML whatever was seen, with every word in its place', () => {
    fc.assert(
      fc.property(report, (r) => {
        const root = parse(junit([r]));
        expect([root.name, root.children.map((c) => c.name)]).toEqual(['testsuites', ['testsuite']]);
        const cases = all(root, 'testcase');
        expect(cases).toHaveLength(r.results.length + 1);
        expect(root.attributes['tests']).toBe(String(cases.length));
        for (const [i, of] of r.results.entries()) {
          const { attributes, children } = cases[i] ?? expect.fail();
          expect(attributes['classname']).toBe(seen(`${r.lab}.${of.step}`));
          expect(attributes['name']).toBe(seen(`${of.id} ${of.subject}`));
          const [outcome] = children.filter((c) => c.name !== 'system-out');
          expect(outcome?.name).toBe(
            { passed: undefined, failed: 'failure', inconclusive: 'error', skipped: 'skipped' }[of.verdict],
          );
          if (of.verdict === 'failed' || of.verdict === 'inconclusive')
            expect(outcome?.text).toBe(seenAsText(`promised: ${of.promised}\nseen: ${of.seen}`));
          if (of.verdict === 'failed') expect(outcome?.attributes['message']).toBe(seen(of.seen));
          const told = children.find((c) => c.name === 'system-out')?.text ?? '';
          expect(told).toBe(seenAsText(of.evidence.map((e) => `evidence: ${e}`).join('\n')));
        }
      }),
    );
  });
});

const graph: fc.Arbitrary<Graph> = fc.array(hostile, { minLength: 1, maxLength: 3 }).chain((names) =>
  fc.record({
    title: hostile,
    columns: fc.constant(names.map((name) => ({ name, kind: name, notes: [name] }))),
    rows: fc.array(
      fc.record({
        segment: hostile,
        subnets: fc.array(hostile, { maxLength: 2 }),
        ends: fc.constant(names.map((name, i) => (i > 0 ? [name] : undefined))),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    paths: fc.array(fc.record({ head: hostile, request: hostile, reply: hostile }), { maxLength: 2 }),
  }),
);

describe('SVG', () => {
  it('is XML whatever a lab is called, and holds every word of the picture', () => {
    fc.assert(
      fc.property(graph, (g) => {
        const root = parse(graphSvg(g));
        expect(root.name).toBe('svg');
        const texts = all(root, 'text').map((t) => t.text);
        for (const word of [g.title, ...g.columns.map((c) => c.name), ...g.rows.map((r) => r.segment)])
          expect(texts).toContain(seenAsText(word));
        for (const { head } of g.paths) expect(texts).toContain(seenAsText(head));
      }),
    );
  });
});
