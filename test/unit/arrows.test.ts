import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The folders of src, from the lowest to the highest: a file imports from its own folder and from lower ones. The files
 * of src itself are the lowest, but for the command line, which is the highest. ARCHITECTURE.md draws the same order.
 */
const ORDER = [
  'src',
  'net',
  'model',
  'modes',
  'engine',
  'nodes',
  'apps',
  'fabric',
  'kernels',
  'drivers',
  'layout',
  'plan',
  'faults',
  'report',
  'checks',
  'lab',
  'import',
  'scenario',
  'advice',
  'output',
  'graph',
  'page',
  'live',
  'commands',
  'library',
  'cli',
] as const;

const COMMAND_LINE = ['src/cli.ts', 'src/main.ts'];

function folderOf(file: string): string {
  const [, folder, ...rest] = file.split('/');
  if (rest.length > 0) return folder ?? '';
  return COMMAND_LINE.includes(file) ? 'cli' : 'src';
}

/** Every import of one file of src by another: static, of types, again as an export, and when it is called for. */
function imports(): readonly { readonly from: string; readonly to: string }[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
  return files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(([, to = '']) => ({
      from: file.replaceAll(sep, '/'),
      to: normalize(join(dirname(file), to)).replaceAll(sep, '/'),
    })),
  );
}

describe('arrows between folders of src', () => {
  const all = imports();
  const rank = (file: string) => (ORDER as readonly string[]).indexOf(folderOf(file));

  it('are all found, of folders that have a place in the order', () => {
    expect(all.length).toBeGreaterThan(500);
    expect(new Set(all.flatMap(({ from, to }) => [folderOf(from), folderOf(to)]))).toEqual(new Set(ORDER));
  });

  it('run one way', () => {
    const back = all.filter(({ from, to }) => rank(from) < rank(to));
    expect(back.map(({ from, to }) => `${folderOf(from)} → ${folderOf(to)}: ${from} imports ${to}`)).toEqual([]);
  });

  it('are drawn in ARCHITECTURE.md', () => {
    const folders = ORDER.filter((folder) => folder !== 'src' && folder !== 'cli');
    const lines = readFileSync('ARCHITECTURE.md', 'utf8').split('\n');
    expect(lines.filter((line) => line.includes(' ← '))).toEqual([`    ${folders.join(' ← ')}`]);
  });
});
