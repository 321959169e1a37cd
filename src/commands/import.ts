import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { adviceOn } from '../advice/advise.ts';
import { counted } from '../counted.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Written } from '../import/copies.ts';
import { importLab } from '../import/import.ts';
import { placeText } from '../import/told.ts';
import { type Diagnostic, formatDiagnostic } from '../lab/diagnostic.ts';
import { readLabFile } from '../lab/read.ts';
import { checkLab } from '../lab/resolve.ts';
import { readSource } from '../lab/source.ts';
import { adviceText } from '../output/advice.ts';
import { complain, print } from '../output/print.ts';
import { fail, ok } from '../result.ts';

/** `lab import`: writes a lab from real configurations, and tells its guesses and what it does not carry over. */
export async function importConfs(
  confs: readonly string[],
  options: { readonly dir: string; readonly role?: string; readonly facts?: string; readonly allowOutside?: boolean },
): Promise<number> {
  const file = join(options.dir, 'lab.yaml');
  if (existsSync(file)) throw new Failure('file-exists', { file });
  const files = inOrder(confs, options.role);
  const made = importLab(
    { files, facts: options.facts, lab: nameOf(options.dir), allowOutside: options.allowOutside ?? false },
    (yaml, written) => mistakesOf(file, yaml, written),
  );
  if (!made.ok) {
    complain(made.error.map(formatDiagnostic).join('\n'));
    return EXIT.usage;
  }
  const { yaml, written, guesses, lost, services, directors } = made.value;
  for (const { path, bytes, mode } of written) {
    mkdirSync(dirname(join(options.dir, path)), { recursive: true });
    writeFileSync(join(options.dir, path), bytes, { mode });
  }
  mkdirSync(options.dir, { recursive: true });
  writeFileSync(file, yaml);
  print(`wrote ${file}: ${counted(directors, 'director')}, ${counted(services, 'service')}`);
  if (guesses.length > 0) print(`\nguesses (${guesses.length}); correct them in the lab file:`);
  for (const { line, text } of guesses) print(`  ${file}:${line} ${text}`);
  if (lost.length > 0) print('\nnot carried over, or not judged:');
  for (const { place, text } of lost) print(`  ${place ? `${placeText(place)} ` : ''}${text}`);
  const read = readLabFile(file);
  if (read.ok && adviceOn(read.value).length > 0) print(`\n${adviceText(adviceOn(read.value))}`);
  print(`\n  lab up ${file}     brings it up\n  lab test ${file}   proves it`);
  return EXIT.ok;
}

/** Returns the configurations in the order of their roles: those that `--role` names first, each once. */
function inOrder(confs: readonly string[], role: string | undefined): readonly string[] {
  const named = (role ?? '').split(',').filter((file) => file !== '');
  const all = [...named.map((n) => confs.find((c) => resolve(c) === resolve(n) || basename(c) === n) ?? n), ...confs];
  return all.filter((file, i) => all.findIndex((other) => resolve(other) === resolve(file)) === i);
}

/** Returns a lab's name from the folder's: lower-case letters, digits and hyphens. */
function nameOf(dir: string): string {
  const plain = basename(resolve(dir))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .replace(/-+$/, '')
    .slice(0, 40);
  return plain === '' ? 'imported' : plain;
}

/** Returns the mistakes of a lab file that is not written yet, with the files beside it. */
function mistakesOf(file: string, yaml: string, written: readonly Written[]): readonly Diagnostic[] {
  const source = readSource(file, Buffer.from(yaml));
  if (!source.ok) return source.error;
  const beside = new Map(written.map((w) => [`./${w.path}`, w]));
  const lab = checkLab(source.value, (path) => {
    const found = beside.get(path);
    return found ? ok(found) : fail('does not exist');
  });
  return lab.ok ? [] : lab.error;
}
