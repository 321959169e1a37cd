// Writes the types of the library into dist/types: those files only that its surface leads to.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const OUT = 'dist/types';
const SURFACE = 'library/index.d.ts';
/** The place of a file in an import or export of a declaration. */
const FROM = /(from |import\()'(\.[^']*)\.ts'/g;

const all = mkdtempSync(join(tmpdir(), 'lvslab-types-'));
try {
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.library.json', '--outDir', all], { stdio: 'inherit' });
  rmSync(OUT, { recursive: true, force: true });
  const wanted = new Set([SURFACE]);
  for (const file of wanted) {
    const text = readFileSync(join(all, file), 'utf8');
    for (const [, , path] of text.matchAll(FROM)) wanted.add(join(dirname(file), `${path}.d.ts`));
    mkdirSync(dirname(join(OUT, file)), { recursive: true });
    writeFileSync(join(OUT, file), text.replaceAll(FROM, "$1'$2.js'"));
  }
} finally {
  rmSync(all, { recursive: true, force: true });
}
