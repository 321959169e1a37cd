// npm test: runs all checks, from a fresh clone. Arguments are passed to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, say, setup } from './setup.mjs';

await setup();
say('types');
must('node_modules/.bin/tsc', ['-p', '.']);
must('node_modules/.bin/tsc', ['-p', 'web']);
say('lint and format');
must('node_modules/.bin/biome', ['ci', '--error-on-warnings', '.']);
say('tests');
const folder = mkdtempSync(join(tmpdir(), 'lvslab-vitest-'));
const file = join(folder, 'results.json');
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--reporter=verbose', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
let counts;
try {
  counts = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  say('the tests ended without results');
  process.exit(status || 1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// Failures outside a test count too: in hooks before or after the tests of a file.
const broken = counts.testResults.filter(
  (of) => of.status === 'failed' && of.assertionResults.every((test) => test.status !== 'failed'),
).length;
const failed = Math.max(counts.numFailedTests + broken, status === 0 ? 0 : 1);
process.stdout.write(
  `${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests + counts.numTodoTests} skipped\n`,
);
process.exit(status ?? 1);
