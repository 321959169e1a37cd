import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkLab } from '../../src/lab/resolve.ts';
import { labFile } from '../../src/lab/schema.ts';
import { readSource } from '../../src/lab/source.ts';
import { type LabFile, lab, writeLab } from '../lab.ts';
import { NO_FILES } from '../unit/lab.ts';
import { altered } from '../unit/lab-arbitrary.ts';
import { containersOf, leavesNothing } from './state.ts';

const folder = leavesNothing('any-lab', (name) => name === 'anylab');
afterAll(async () => {
  await lab(['down', 'anylab']);
});

/** Labs of the catalogue that take no files and are soon up. */
const SMALL = ['dr-one-arm', 'nat-one-arm', 'fnat-two-arm', 'snat', 'arp-problem'];
/** How many are brought up. */
const SAMPLE = 4;

/** Altered labs that `lab validate` takes, the same in every run. */
function sample(): readonly LabFile[] {
  const labs = SMALL.map((name) => parse(readFileSync(`labs/${name}/lab.yaml`, 'utf8')) as LabFile);
  const originals = labs.map((l) => stringify({ ...l, lab: 'anylab' }));
  const isRight = (file: LabFile) => {
    const text = stringify(file);
    const source = readSource('lab.yaml', Buffer.from(text));
    return !originals.includes(text) && source.ok && checkLab(source.value, NO_FILES).ok;
  };
  return fc
    .sample(altered(fc.constantFrom(...labs), labFile), { numRuns: 600, seed: 1 })
    .filter((value): value is LabFile => value !== null && typeof value === 'object' && 'nodes' in value)
    .map((value) => ({ ...value, lab: 'anylab' }))
    .filter(isRight)
    .slice(0, SAMPLE);
}

describe('a lab that validates', () => {
  it.each(sample().map((file, i) => [i + 1, file] as const))(
    'comes up, or is refused by a node’s own words (%i)',
    async (_i, file) => {
      const { code, stderr } = await lab(['up', writeLab(folder, file)]);
      if (code !== 0) {
        expect(stderr).toMatch(/these nodes did not come up: [\s\S]*\n {4}\S+\| /);
        expect(await containersOf('anylab')).toEqual([]);
      }
      await lab(['down', 'anylab']);
    },
  );
});
