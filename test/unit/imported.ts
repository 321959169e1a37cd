import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { type Imported, importLab } from '../../src/import/import.ts';
import { placeText } from '../../src/import/told.ts';
import { type Diagnostic, formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { ok } from '../../src/result.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Writes files to a new folder, which is gone after the test; returns the folder. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-import-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function checked(yaml: string): readonly Diagnostic[] | Lab {
  const source = readSource('lab.yaml', Buffer.from(yaml));
  if (!source.ok) return source.error;
  const lab = checkLab(source.value, () => ok({ bytes: Buffer.from(''), mode: 0o644 }));
  return lab.ok ? lab.value : lab.error;
}

/** An import that worked: the lab, as text and resolved, and what was told with places relative to the folder. */
export interface Made extends Imported {
  readonly lab: Lab;
  readonly told: readonly string[];
}

/** Imports files of a new folder: `confs` of them, or all. Returns what was made, or the mistakes as text. */
export function imported(
  files: Readonly<Record<string, string | Buffer>>,
  { confs = Object.keys(files), facts = false }: { readonly confs?: readonly string[]; readonly facts?: boolean } = {},
): Made | string {
  const folder = folderOf(files);
  const made = importLab(
    {
      files: confs.map((c) => join(folder, c)),
      facts: facts ? join(folder, 'facts') : undefined,
      lab: 'made',
      allowOutside: false,
    },
    (yaml) => {
      const result = checked(yaml);
      return 'nodes' in result ? [] : result;
    },
  );
  const plain = (text: string) => text.replaceAll(`${folder}/`, '');
  if (!made.ok) return plain(made.error.map(formatDiagnostic).join('\n'));
  const lab = checked(made.value.yaml);
  if (!('nodes' in lab)) throw new Error('the import made an invalid lab');
  const told = made.value.lost.map((l) => plain(`${l.place ? placeText(l.place) : ''} ${l.text}`));
  return { ...made.value, lab, told };
}

/** Imports what must work. */
export function made(
  files: Readonly<Record<string, string | Buffer>>,
  options?: { readonly confs?: readonly string[]; readonly facts?: boolean },
): Made {
  const result = imported(files, options);
  if (typeof result === 'string') throw new Error(result);
  return result;
}
