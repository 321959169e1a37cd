// biome-ignore-all lint/suspicious/noTemplateCurlyInString: parameters of keepalived.conf are written so
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IMPORT_LIMITS } from '../../src/import/limits.ts';
import { readConf } from '../../src/import/reader.ts';
import { Told } from '../../src/import/told.ts';
import { type Statement, treeOf } from '../../src/import/tree.ts';
import { tokensOf, withoutComment } from '../../src/import/words.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { folderOf } from './imported.ts';

/** Reads files of a new folder, the first one as the main one; returns blocks as text and what was told. */
function read(files: Readonly<Record<string, string | Buffer>>, host?: string) {
  const folder = folderOf(files);
  const told = new Told();
  const conf = readConf(join(folder, Object.keys(files)[0] ?? ''), { allowOutside: false, host }, told);
  const tree = treeOf(conf.lines, told);
  const plain = (text: string) => text.replaceAll(`${folder}/`, '');
  const text = (all: readonly Statement[]): string =>
    all.map((s) => `${s.words.join(' ')}${s.block ? ` { ${text(s.block)} }` : ''}`).join('; ');
  return {
    tree: text(tree),
    lines: conf.lines.map((l) => l.text),
    places: conf.lines.map((l) => plain(`${l.place.file}:${l.place.line}`)),
    hosts: conf.hosts,
    mistakes: plain(told.mistakes.all().map(formatDiagnostic).join('\n')),
    lost: told.lost().map((l) => plain(`${l.place?.file}:${l.place?.line} ${l.text}`)),
  };
}
const one = (text: string, host?: string) => read({ 'k.conf': text }, host);
const words = (line: string) => tokensOf(line).tokens.map((t) => ('word' in t ? t.word : t.brace));

describe('a line of keepalived.conf', () => {
  it.each([
    ['weight 1 # one', 'weight 1 '],
    ['weight 1 ! one', 'weight 1 '],
    ['script "a # b"', 'script "a # b"'],
    ["script 'a ! b' # c", "script 'a ! b' "],
    ['x \\# y', 'x \\# y'],
  ])('%s loses its comment', (line, rest) => expect(withoutComment(line)).toBe(rest));
  it.each([
    ['real_server 10.0.0.2 80 { weight 1 }', ['real_server', '10.0.0.2', '80', '{', 'weight', '1', '}']],
    ['url{path /}', ['url', '{', 'path', '/', '}']],
    ['script "a b" c', ['script', 'a b', 'c']],
    ['abcd" efg h "mnop', ['abcd efg h mnop']],
    ['s "\\"x\\" \\x41\\101\\n"', ['s', '"x" AA\n']],
    ['s ""', ['s', '']],
    ["s 'it''s'", ['s', 'its']],
    ['path ${X}/y', ['path', '${X}/y']],
  ])('%s has these words', (line, wanted) => expect(words(line)).toEqual(wanted));
});

describe('blocks', () => {
  it('open on their line, on the next, and close anywhere', () =>
    expect(one('a {\n b 1\n}\nc\n{\n d { e } }\n').tree).toBe('a { b 1 }; c { d { e } }'));
  it('not closed are told where they begin', () =>
    expect(one('a {\n b {\n c\n}\n').mistakes).toMatch(/^k\.conf:1:1 the block "a" is not closed; a } is missing/));
  it('one } too many is told, and passed over', () => {
    const { tree, lost } = one('a { b }\n}\nc d\n');
    expect(tree).toBe('a { b }; c d');
    expect(lost).toEqual([expect.stringMatching(/^k\.conf:2 this } closes no block/)]);
  });
  it('a { of no block is told', () => expect(one('{ a }').mistakes).toMatch(/^k\.conf:1:1 this { follows no name/));
  it('are not too deep', () =>
    expect(one('a {\n'.repeat(IMPORT_LIMITS.depth + 1)).mistakes).toMatch(/k\.conf:33:1 more than 32 blocks/));
  it('a quote that does not end is told', () =>
    expect(one('script "x\n').lost[0]).toMatch(/k\.conf:1 a quote does not end/));
});

describe('conditions', () => {
  const TEXT = '@lb1 priority 100\n@lb2 priority 90\n@^lb1 state BACKUP\nid 1\n';
  it('name machines', () => expect(one(TEXT).hosts).toEqual(['lb1', 'lb2']));
  it('hold for one', () => expect(one(TEXT, 'lb1').tree).toBe('priority 100; id 1'));
  it('hold for all but one', () => expect(one(TEXT, 'lb2').tree).toBe('priority 90; state BACKUP; id 1'));
  it('decide on definitions', () => expect(one('@lb1 $P=1\n@lb2 $P=2\np $P\n', 'lb2').tree).toBe('p 2'));
});

describe('parameters', () => {
  it.each([
    ['$A=1\nx $A y', 'x 1 y'],
    ['$A=1\nx ${A}2', 'x 12'],
    ['x $A ${B}', 'x $A ${B}'],
    ['$A=10.${B}\n$B=0\nx ${A}.1\n$B=9\nx ${A}.1', 'x 10.0.1; x 10.9.1'],
    ['$A=\nx $A y', 'x y'],
    ['x ${_HASH} ${_BANG}', 'x # !'],
    [
      '$RS= \\\n real 10.0.0.${N} { \\\n weight 1 \\\n }\n$N=2\n$RS\n$N=3\n$RS\n',
      'real 10.0.0.2 { weight 1 }; real 10.0.0.3 { weight 1 }',
    ],
    ['~SEQ(N, 0, 2) ip 10.0.${N}.1', 'ip 10.0.0.1; ip 10.0.1.1; ip 10.0.2.1'],
    ['~SEQ(N, 6, -2, 2) ip ${N}', 'ip 6; ip 4; ip 2'],
    ['~SEQx(N, 0x90, 0x10, 0xb0) ip ${N}', 'ip 90; ip a0; ip b0'],
    ['~LST(N, a, b) ~SEQ(M, 2) x ${N}${M}', 'x a1; x a2; x b1; x b2'],
    ['~LST({P, Q}, {1, 2}, {3, 4}) x ${P} ${Q}', 'x 1 2; x 3 4'],
    ['$IF=@lb1\n$IF x', ''],
  ])('%j', (text, wanted) => expect(one(text).tree).toBe(wanted));
  it('repeat wrongly', () => expect(one('a 1\n~SEQ(N) x\n').mistakes).toMatch(/^k\.conf:2:1 expected ~SEQ/));
  it.each(['$A=$A\nx $A', '$A=x${A}\n$A', '$A=${B}${B}\n$B=${A}${A}\nx ${A}', '$L= \\\n$L \\\n$L\n$L'])(
    'that contain themselves are told: %j',
    (text) => expect(one(text).mistakes + one(text).tree).toMatch(/itself|more than|x \$A|x\$\{A\}/),
  );
  it('grow no further than the limit', () => {
    const doubling = Array.from({ length: 30 }, (_, i) => `$A${i + 1}=\${A${i}}\${A${i}}`).join('\n');
    expect(one(`$A0=xxxxxxxx\n${doubling}\ny \${A30}\n`).mistakes).toMatch(
      /k\.conf:32:1 a parameter contains itself, or the line grows/,
    );
  });
  it('repeat no more than the limit', () =>
    expect(one('~SEQ(A, 1, 1000) ~SEQ(B, 1, 1000) x ${A}${B}\n').mistakes).toMatch(
      /k\.conf:1:1 more than 100,000 lines/,
    ));
});

describe('includes', () => {
  it('are read where they stand, below the folder of the file', () => {
    const { tree, places } = read({
      'k.conf': 'a 1\ninclude sub/b.conf\nd 4\ninclude /etc/keepalived/conf.d/*.conf\n',
      'sub/b.conf': 'b 2\ninclude c.conf\n',
      'sub/c.conf': 'c 3\n',
      'conf.d/2.conf': 'f 6',
      'conf.d/1.conf': 'e 5',
      'conf.d/other.txt': 'no',
    });
    expect(tree).toBe('a 1; b 2; c 3; d 4; e 5; f 6');
    expect(places).toEqual([
      'k.conf:1',
      'sub/b.conf:1',
      'sub/c.conf:1',
      'k.conf:3',
      'conf.d/1.conf:1',
      'conf.d/2.conf:1',
    ]);
  });
  it.each([
    [{ 'k.conf': 'a\ninclude k.conf\n' }, /^k\.conf:2:1 k\.conf includes itself: k\.conf → k\.conf/],
    [
      { 'k.conf': 'include b\n', b: 'include c\n', c: '\ninclude b\n' },
      /^c:2:1 b includes itself: k\.conf → b → c → b/,
    ],
  ])('go in no circle: %j', (files, what) => expect(read(files).mistakes).toMatch(what));
  it('that are not there are told', () =>
    expect(read({ 'k.conf': 'x\ninclude /etc/keepalived/more.conf\n' }).lost[0]).toMatch(
      /^k\.conf:2 include \/etc\/keepalived\/more\.conf: there is no such file at more\.conf/,
    ));
  it('stay in the folder of the configuration', () =>
    expect(read({ 'k.conf': 'include /etc/hostname\n' }).mistakes).toMatch(
      /^k\.conf:1:1 \/etc\/hostname is outside the folder of the configuration; --allow-outside/,
    ));
  it('are not too many', () => {
    const deep = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.conf`, `include ${i + 1}.conf\n`]));
    expect(read({ ...deep, '20.conf': '' }).mistakes).toMatch(
      /15?6?\.conf:1:1 more than 16 files that include one another/,
    );
  });
});

describe('a file that is no configuration', () => {
  it('is binary', () =>
    expect(read({ 'k.conf': Buffer.from([1, 0, 2]) }).mistakes).toBe('k.conf: is a binary file, not a configuration'));
  it('is too large', () => expect(one('x\n'.repeat(600_000)).mistakes).toBe('k.conf: has 1.1 MB; the limit is 1 MB'));
});
