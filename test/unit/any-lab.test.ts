import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { linkBatch } from '../../src/fabric/wiring.ts';
import { graphOf } from '../../src/graph/graph.ts';
import { graphText } from '../../src/graph/text.ts';
import { kernels } from '../../src/kernels/index.ts';
import type { Diagnostic } from '../../src/lab/diagnostic.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { labFile } from '../../src/lab/schema.ts';
import { readSource } from '../../src/lab/source.ts';
import { nodeFiles } from '../../src/layout/files.ts';
import type { Lab } from '../../src/model/lab.ts';
import { ok, type Result } from '../../src/result.ts';
import { altered, shaped } from './lab-arbitrary.ts';

/** What ends a list of mistakes that is too long: it tells of no place. */
const MORE = /^\d+ more mistakes?, not shown$/;

/** A lab file's lab or mistakes; whatever files it names are there. */
function read(text: string): Result<Lab, readonly Diagnostic[]> {
  const source = readSource('lab.yaml', Buffer.from(text));
  return source.ok ? checkLab(source.value, () => ok({ bytes: Buffer.from('x\n'), mode: 0o644 })) : source;
}

/** What must be so of any lab file: it is refused with places, or all that is made of it can be made. */
function holds(value: unknown): boolean {
  const text = stringify(value, { aliasDuplicateObjects: false });
  const lab = read(text);
  if (!lab.ok) {
    const lines = text.split('\n').length;
    const told = lab.error.filter((d) => !MORE.test(d.message));
    expect(told).not.toEqual([]);
    for (const d of told) {
      expect(d.message).not.toBe('');
      expect(d.place, formatDiagnostic(d)).toBeDefined();
      expect(d.place?.line).toBeLessThanOrEqual(lines);
    }
    return false;
  }
  for (const node of lab.value.nodes)
    for (const kernel of Object.values(kernels))
      expect(Object.keys(nodeFiles(lab.value, node, kernel))).not.toEqual([]);
  expect(linkBatch(lab.value, [], { bridges: true })).toBeDefined();
  expect(graphText(graphOf(lab.value))).toContain(lab.value.name);
  expect(JSON.parse(JSON.stringify(lab.value))).toEqual(lab.value);
  return true;
}

const catalogue = readdirSync('labs').map((name) => parse(readFileSync(`labs/${name}/lab.yaml`, 'utf8')) as unknown);

/** The same labs in every run; others by LAB_SEED. */
const SEED = Number(process.env['LAB_SEED'] ?? 1);

describe('any lab file', () => {
  it('of the schema’s shape is refused with places, or can be made', () => {
    fc.assert(
      fc.property(shaped(labFile), (value) => void holds(value)),
      { numRuns: 100, seed: SEED },
    );
  });

  it('of the catalogue, altered, is refused with places, or can be made; both happen', () => {
    let right = 0;
    const runs = 200;
    fc.assert(
      fc.property(altered(fc.constantFrom(...catalogue), labFile), (value) => {
        right += Number(holds(value));
      }),
      { numRuns: runs, seed: SEED },
    );
    expect(right).toBeGreaterThan(runs / 50);
    expect(right).toBeLessThan(runs);
  });
});
