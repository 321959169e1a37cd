import type { Lab } from '../../src/lab/model.ts';
import { readLab } from '../../src/lab/read.ts';
import type { ReadBeside } from '../../src/lab/resolver.ts';
import { fail } from '../../src/result.ts';

/** A folder without files. */
export const NO_FILES: ReadBeside = () => fail('is not there');

/** The lab of the first slice, as the commands see it. */
export function fnatLab(): Lab {
  const result = readLab('labs/fnat-keepalived/lab.yaml');
  if (!result.ok) throw new Error('the lab file is wrong');
  return result.value;
}
