import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { readLab } from '../../src/lab/read.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import type { ReadBeside } from '../../src/lab/resolver.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { fail } from '../../src/result.ts';

/** A folder without files. */
export const NO_FILES: ReadBeside = () => fail('is not there');

/** The lab of the first slice, as the commands see it. */
export function fnatLab(): Lab {
  const result = readLab('labs/fnat-keepalived/lab.yaml');
  if (!result.ok) throw new Error('the lab file is wrong');
  return result.value;
}

/** Every mistake of a lab file that takes no files, as it is told. */
export function mistakesOf(text: string | Buffer): string[] {
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  return lab.ok ? [] : lab.error.map(formatDiagnostic);
}
