import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { CheckResult, Event } from '../../src/events.ts';
import { type Graph, graphOf } from '../../src/graph/graph.ts';
import { graphMermaid } from '../../src/graph/mermaid.ts';
import { graphText } from '../../src/graph/text.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { displayOn } from '../../src/output/display.ts';
import { allText } from '../../src/output/lines.ts';
import { complain, print, printJson, table } from '../../src/output/print.ts';
import { Evidence } from '../../src/report/evidence.ts';
import type { Report } from '../../src/report/report.ts';
import { mapStrings, visible, visibleJson, visibleLine } from '../../src/visible.ts';
import { fnatLab } from './lab.ts';

const range = (from: number, to: number) =>
  String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
/** Everything that a terminal obeys or hides, and what is often made of it: colours, a title, a link, a cleared screen. */
const HOSTILE = [
  'begin',
  range(0, 0x1f),
  range(0x7f, 0x9f),
  range(0x202a, 0x202e),
  range(0x2066, 0x2069),
  '\u200e\u200f\u061c\u2028\u2029\ufeff\u200b\u{e0041}',
  '\ud800 \udfff',
  '\u001b[2J\u001b[1;31mpass\u001b[0m \u001b]0;title\u0007 \u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\ \u009b2J',
  'a\n  pass everything\rover\n\tend',
].join(' ');
const CONTROL = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
/** What is left of a text once newlines, tabs and our own colours and moves are taken out: no control character. */
const OURS = new RegExp(`[\\n\\t]|${String.fromCharCode(0x1b)}\\[(?:\\d+A|0J|(?:1|2|22|31|32|33|39)m)`, 'g');
const clean = (text: string) => expect(text.replaceAll(OURS, '')).not.toMatch(CONTROL);

/** A stream that remembers. */
function screen(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const write = (chunk: string) => {
    text += chunk;
    return true;
  };
  return { stream: { isTTY, write, columns: 80, rows: 24 } as unknown as NodeJS.WriteStream, text: () => text };
}

const result: CheckResult = {
  id: 'x.y',
  subject: 'web',
  step: 'a step',
  verdict: 'failed',
  promised: 'much',
  seen: 'little',
  evidence: ['file.txt'],
  ms: 1,
};
const EVENTS: readonly Event[] = [
  { type: 'note', text: 'some note' },
  { type: 'plan', lab: 'mine', nodes: ['a', 'b'] },
  { type: 'node', lab: 'mine', node: 'a', state: 'failed', detail: 'why' },
  { type: 'node', lab: 'mine', node: 'b', state: 'booting' },
  { type: 'lab', lab: 'mine', state: 'up', detail: '2 nodes', ms: 1 },
  { type: 'again', lab: 'mine' },
  { type: 'step', lab: 'mine', title: 'title' },
  { type: 'wait', lab: 'mine', text: 'the service' },
  { type: 'fault', lab: 'mine', text: 'some fault', at: 1 },
  { type: 'checking', lab: 'mine', id: 'x.y', subject: 'web', within: 1000 },
  { type: 'check', lab: 'mine', result },
  {
    type: 'summary',
    lab: 'mine',
    counts: { passed: 1, failed: 0, inconclusive: 0, skipped: 0 },
    ms: 1,
    interrupted: false,
  },
];
/** All strings of a value made hostile, but for the words by which programs tell things apart. */
const hostile = <T>(value: T): T =>
  mapStrings(value, (text) =>
    [...EVENTS.map((e) => e.type), 'failed', 'booting', 'up', 'client', 'director'].includes(text)
      ? text
      : `${text} ${HOSTILE}`,
  );

describe('text that is shown', () => {
  it('has every control character written out', () => {
    expect(visible('\u001b[31mred\u0007 \u009b \u202e \ud800 \u{e0041} é 漢 🙂\n\tx')).toBe(
      '\\x1b[31mred\\x07 \\x9b \\u202e \\ud800 \\u{e0041} é 漢 🙂\n\tx',
    );
    expect(visibleLine('a\nb\tc')).toBe('a\\nb c');
    clean(visible(HOSTILE));
    clean(visibleLine(HOSTILE));
    expect(visibleLine(HOSTILE)).not.toContain('\n');
  });

  it('is the same value as JSON', () => {
    const value = { [`key ${HOSTILE}`]: [HOSTILE, 1, null] };
    clean(visibleJson(value, 2));
    expect(JSON.parse(visibleJson(value, 2))).toEqual(value);
  });

  it.each([true, false])('of every event reaches a stream without control characters (terminal: %s)', (isTTY) => {
    vi.stubEnv('CI', '');
    const { stream, text } = screen(isTTY);
    const display = displayOn(stream);
    for (const event of EVENTS) display.emit(hostile(event));
    display.close();
    vi.unstubAllEnvs();
    clean(text());
    expect(text()).toContain('begin');
    if (!isTTY) expect(text()).not.toContain('\u001b');
    // A line that only looks like a verdict stands below the word that it belongs to, or is a note's.
    const forged = text()
      .split('\n')
      .filter((l) => l.startsWith('  pass everything'));
    expect(forged).toHaveLength(1);
  });

  it('of tables stays in its columns, one line each', () => {
    const text = table([
      [HOSTILE, 'x'],
      ['漢字', 'y'],
      ['ab', 'z'],
    ]);
    clean(text);
    const lines = text.split('\n');
    expect(lines).toHaveLength(3);
    const at = lines[2]?.indexOf('z') ?? 0;
    expect(lines[0]?.indexOf('x', at)).toBe(at);
    expect(lines[1]?.indexOf('y')).toBe(at - 2); // two characters of two columns each
  });

  it('of reports, pictures and mistakes has none', () => {
    const report = {
      lab: HOSTILE,
      counts: { passed: 0, failed: 1, inconclusive: 0, skipped: 0 },
      ms: 1,
      error: HOSTILE,
      results: [],
    };
    clean(allText([report as unknown as Report], report.counts, 1));
    const picture: Graph = hostile(graphOf(fnatLab()));
    clean(graphText(picture));
    clean(graphMermaid(picture));
    expect(graphMermaid(hostile(graphOf(fnatLab())))).not.toMatch(/%%\{/);
    const [file, message] = [HOSTILE, HOSTILE];
    const told = formatDiagnostic({
      file,
      message,
      place: { line: 1, column: 5, length: 3 },
      source: HOSTILE,
      related: { message, line: 2 },
    });
    clean(told);
    expect(told.split('\n')).toHaveLength(4);
  });

  it('of a picture for Mermaid has nothing that it takes for its own', () => {
    const graph = graphOf(fnatLab());
    const name = '"]; %%{init: {}}%% <img src=x> `md` & #quot;';
    const text = graphMermaid({
      ...graph,
      columns: graph.columns.map((c) => ({ ...c, kind: name })),
      paths: [{ head: name, request: name, reply: name }],
    });
    const [comments, lines] = [text.split('\n').filter((l) => l.startsWith('  %%')), text.split('\n')];
    expect(comments).toHaveLength(1);
    expect(lines.filter((l) => !comments.includes(l)).join('\n')).not.toMatch(/[{}`&]|%%|<img|""/);
    expect(comments[0]?.slice(4)).not.toMatch(/[{}%]/);
  });

  it('underlines what is meant, also behind control characters and wide ones', () => {
    const told = formatDiagnostic({
      file: 'f',
      message: 'm',
      place: { line: 1, column: 5, length: 3 },
      source: '\u001b漢\t bad',
    });
    expect(told.split('\n').slice(1)).toEqual(['    \\x1b漢  bad', '            ~~~']);
  });

  it('in evidence has none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvslab-visible-'));
    const evidence = new Evidence(folder);
    evidence.write('log.txt', HOSTILE);
    evidence.append('log.txt', HOSTILE);
    for (const event of EVENTS) evidence.event(hostile(event));
    for (const name of readdirSync(folder)) clean(readFileSync(join(folder, name), 'utf8'));
    rmSync(folder, { recursive: true });
  });

  it('goes through one writer', () => {
    const said: string[] = [];
    const spies = (['stdout', 'stderr'] as const).map((c) =>
      vi.spyOn(process[c], 'write').mockImplementation((text) => said.push(String(text)) > 0),
    );
    print(HOSTILE);
    complain(HOSTILE);
    printJson(HOSTILE);
    for (const spy of spies) spy.mockRestore();
    expect(said).toHaveLength(3);
    for (const text of said) clean(text);
  });
});

describe('the source', () => {
  // exec.ts hands streams through, which is what it is for.
  const MAY = ['src/output/', 'src/commands/exec.ts'];
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts'))
    .map((f) => join('src', f));

  it('writes to the terminal nowhere but in src/output', () => {
    expect(files.length).toBeGreaterThan(100);
    const others = files.filter((f) => !MAY.some((m) => f.startsWith(m)));
    const writes = /process\s*\.\s*(stdout|stderr)|process\[|\bconsole\s*\.|from '(node:)?(console|tty)'/;
    expect(others.filter((f) => writes.test(readFileSync(f, 'utf8')))).toEqual([]);
    expect(writes.test(readFileSync('src/output/print.ts', 'utf8'))).toBe(true);
  });
});
