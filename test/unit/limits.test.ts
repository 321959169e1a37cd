import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { LIMITS } from '../../src/lab/limits.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { NO_FILES } from './lab.ts';

/** Milliseconds in which there is an answer, on a machine that does other things too; a quadratic path takes minutes. */
const SOON = 10_000;

/** All mistakes in a text, which must be there soon. */
function mistakes(text: string): readonly string[] {
  const began = performance.now();
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  expect(performance.now() - began).toBeLessThan(SOON);
  return lab.ok ? [] : lab.error.map(formatDiagnostic);
}

const list = (n: number, line: (i: number) => string, between = '\n') =>
  Array.from({ length: n }, (_, i) => line(i)).join(between);

/** A lab of these sections beside a segment and two nodes. */
const lab = (more: string, nodes = '') => `lab: x
segments: { lan: 10.0.0.0/8 }
nodes:
  c: { kind: client, lan: 10.0.0.1 }
  lb: { kind: director, lan: 10.0.0.2 }
${nodes}
${more}
`;

describe('a limit of a lab file', () => {
  it.each([
    [
      '60,000 keys',
      list(60_000, (i) => `k${i}: 1`),
      /^lab\.yaml:1001:1 more than 1,000 entries in one mapping or list/,
    ],
    [
      '50,000 keys of a node',
      lab('', `  n: { kind: host, ${list(50_000, (i) => `k${i}: 10.0.0.1`, ', ')} }`),
      /^lab\.yaml:6:\d+ more than 1,000 entries/,
    ],
    [
      '100,000 aliases in lists',
      `a: &a 1\nb:\n${list(200, () => `- [${'*a,'.repeat(500)}]`)}`,
      /^lab\.yaml:5:.* more than 1,000 aliases/,
    ],
    [
      '100,000 aliases in one',
      `a: &a 1\nb: [${'*a,'.repeat(100_000)}]`,
      /^lab\.yaml:2:.* more than 1,000 (entries|aliases)/,
    ],
    ['nested lists', '['.repeat(500_000), /^lab\.yaml:1:33 more than 32 levels of nested mappings and lists/],
    ['nested mappings', '{a: '.repeat(200_000), /more than 32 levels of nested mappings and lists/],
    ['nested blocks', '- '.repeat(500_000), /more than 32 levels of nested mappings and lists/],
    ['nested keys', '? '.repeat(500_000), /more than 32 levels of nested mappings and lists/],
    [
      'small mappings without end',
      `x:\n${list(900, () => `- [${'{a: 1}, '.repeat(100)}]`)}`,
      /more than 60,000 YAML tokens/,
    ],
    ['comments', '#\n'.repeat(400_000), /more than 60,000 YAML tokens/],
    ['empty lines', '\n'.repeat(400_000), /more than 60,000 YAML tokens/],
    ['documents', '---\n'.repeat(200_000), /more than 60,000 YAML tokens/],
    ['commas', `[${','.repeat(900_000)}`, /more than 60,000 YAML tokens/],
    ['anchors', '&a '.repeat(300_000), /more than 60,000 YAML tokens/],
    [
      'values behind aliases',
      list(5, (i) => `a${i}: &a${i} [${i === 0 ? '1,'.repeat(99) : `*a${i - 1},`.repeat(10)}]`),
      /more than 20,000 keys and values, with its aliases followed/,
    ],
    [
      'merges of merges',
      list(20, (i) => `a${i}: &a${i} { ${i === 0 ? 'k: 1' : `<<: [${`*a${i - 1},`.repeat(10)}]`} }`),
      /more than 20,000 keys and values, with its aliases followed/,
    ],
    ['bytes', 'x'.repeat(LIMITS.bytes + 1), /the file has 1 MB; a lab file has at most 1 MB/],
  ])('refuses %s soon, by its name', (_what, text, told) => expect(mistakes(text)[0]).toMatch(told));

  it.each([
    ['quotes', "'".repeat(1_000_000)],
    ['open quotes', '"a\n'.repeat(300_000)],
    ['words of one line', 'a b '.repeat(250_000)],
    ['lines of one word', 'a\n'.repeat(500_000)],
    ['colons', '::'.repeat(500_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['tabs', '\t'.repeat(1_000_000)],
    ['returns', '\r'.repeat(1_000_000)],
    ['backslashes', `"${'\\'.repeat(1_000_000)}`],
    ['ampersands', '&'.repeat(1_000_000)],
    ['a block', `a: |\n${' x\n'.repeat(300_000)}`],
  ])('is not needed for a megabyte of %s to be answered soon', (_what, text) =>
    expect(mistakes(text).length).toBeGreaterThan(0),
  );

  it.each([
    [
      'nodes',
      (n: number) =>
        lab(
          '',
          list(n, (i) => `  n${i}: { kind: host, lan: 10.1.${i >> 8}.${i & 255} }`),
        ),
    ],
    [
      'segments',
      (n: number) =>
        lab('').replace(
          '{ lan: 10.0.0.0/8 }',
          `\n  lan: 10.0.0.0/8\n${list(n, (i) => `  s${i}: 11.${i >> 8}.${i & 255}.0/24`)}`,
        ),
    ],
    [
      'routes',
      (n: number) =>
        lab('').replace(
          'lan: 10.0.0.1 }',
          `lan: 10.0.0.1, routes: { ${list(n, (i) => `11.${i >> 8}.${i & 255}.0/24: 10.0.0.2`, ', ')} } }`,
        ),
    ],
    [
      'addresses',
      (n: number) =>
        lab('').replace('lan: 10.0.0.1 }', `lan: [${list(n, (i) => `10.1.${i >> 8}.${i & 255}`, ', ')}] }`),
    ],
  ])('lets %s be as many as it says', (_what, made) => {
    expect(mistakes(made(900))).toEqual([]);
    expect(mistakes(made(1100))[0]).toMatch(/more than 1,000 entries/);
  });
});

describe('thousands of mistakes', () => {
  it.each([
    ['of syntax', list(900, () => '- @x')],
    ['of anchors', list(900, (i) => `k${i}: *a${i}`)],
    ['of keys', lab(list(900, (i) => `k${i}: 1`))],
    ['of a node’s keys', lab('', `  n: { kind: host, lan: 10.0.0.3, ${list(900, (i) => `k${i}: 1`, ', ')} }`)],
    [
      'of names',
      lab(
        '',
        list(900, (i) => `  N${i}: { kind: host, lan: 10.0.0.3 }`),
      ),
    ],
    [
      'of addresses',
      lab(
        '',
        list(900, (i) => `  n${i}: { kind: host, lan: 10.0.0.1 }`),
      ),
    ],
    [
      'of references',
      lab(
        `services:\n${list(8, (s) => `  s${s}: { vip: 10.9.0.${s + 1}, port: 80, mode: dr, reals: { ${list(500, (i) => `x${i}: 1`, ', ')} } }`)}`,
        list(900, (i) => `  n${i}: { kind: host, lan: 10.1.${i >> 8}.${i & 255} }`),
      ),
    ],
    [
      'of overlaps',
      lab('').replace('{ lan: 10.0.0.0/8 }', `\n  lan: 10.0.0.0/8\n${list(900, (i) => `  s${i}: 10.0.0.0/9`)}`),
    ],
  ])('%s are told soon: the first, and how many more there are', (_what, text) => {
    const found = mistakes(text);
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toMatch(/^lab\.yaml: [\d,]+ more mistakes, not shown$/);
    for (const one of found.slice(0, -1)) expect(one).toMatch(/^lab\.yaml:\d+:\d+ /);
  });
});

describe('a name that objects have themselves', () => {
  const names = ['constructor', 'tostring', 'valueof', '__proto__', 'toString', 'hasOwnProperty', 'prototype'];
  const places: readonly (readonly [string, (name: string) => string])[] = [
    ['a segment', (n) => lab('').replace('{ lan: 10.0.0.0/8 }', `{ lan: 10.0.0.0/8, ${n}: 11.0.0.0/8 }`)],
    ['a segment in use', (n) => lab('').replaceAll('lan: 10.0', `${n}: 10.0`)],
    ['a node', (n) => lab('', `  ${n}: { kind: host, lan: 10.0.0.3 }`)],
    ['a key of a node', (n) => lab('', `  n: { kind: host, lan: 10.0.0.3, ${n}: 10.0.0.4 }`)],
    ['a device', (n) => lab('', `  n: { kind: host, lan: 10.0.0.3, devices: { ${n}: { bridge: true, over: lan } } }`)],
    [
      'a service',
      (n) =>
        lab(
          `services: { ${n}: { vip: 10.0.0.100, port: 80, mode: dr, reals: { ${n}: 1 } } }`,
          `  ${n}: { kind: realserver, lan: 10.0.0.3 }`,
        ),
    ],
    [
      'an instance',
      (n) =>
        lab(
          `vrrp: { ${n}: { on: lan, id: 1, priorities: { ${n}: 100 }, addresses: [10.0.0.100] } }`,
          `  ${n}: { kind: director, lan: 10.0.0.3 }`,
        ),
    ],
    ['an option', (n) => lab(`${n}: { a: 1 }`)],
  ];
  it.each(places.flatMap(([place, text]) => names.map((name) => [place, name, text(name)] as const)))(
    'as %s, %s, works as any other or is refused with its place',
    (_place, name, text) => {
      const other = mistakes(text.replaceAll(name, name === '__proto__' ? '_' : name.replace(/^./, 'q')));
      const found = mistakes(text);
      for (const one of found) expect(one).toMatch(/^lab\.yaml:\d+:\d+ /);
      if (other.length > 0 || name === '__proto__') expect(found.length).toBeGreaterThan(0);
      else expect(found).toEqual([]);
    },
  );

  it('makes no card on a segment that the node does not name', () => {
    const source = readSource('lab.yaml', Buffer.from(lab('').replace('{ lan:', '{ constructor: 11.0.0.0/8, lan:')));
    const made = source.ok ? checkLab(source.value, NO_FILES) : source;
    expect(made.ok && made.value.nodes.map((n) => n.interfaces.map((i) => i.segment))).toEqual([['lan'], ['lan']]);
  });
});
