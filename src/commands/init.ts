import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';
import { readLab } from '../lab/read.ts';
import { fromTemplate, refusal, type Template } from '../lab/template.ts';
import { print } from '../output/print.ts';

/** `lab init`: writes a new lab from a few choices; the result is valid and runs. */
export async function init(name: string, options: Omit<Template, 'name'> & { dir?: string }): Promise<number> {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) throw new Failure('invalid-lab-name', { name });
  const template: Template = { ...options, name };
  const why = refusal(template);
  if (why !== undefined) throw new Failure('bad-choices', { why });
  const folder = options.dir ?? join('labs', name);
  const file = join(folder, 'lab.yaml');
  if (existsSync(file)) throw new Failure('file-exists', { file });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, fromTemplate(template));
  const made = readLab(file);
  if (!made.ok) throw new Error(`the new lab is invalid: ${made.error.map(formatDiagnostic).join('\n')}`);
  const shown = options.dir === undefined ? name : file;
  print(`wrote ${file}\n  lab up ${shown}     brings it up\n  lab test ${shown}   proves it`);
  return 0;
}
