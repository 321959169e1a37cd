// Prepares the project: packages, build, engine, images. Skips steps that are done. Uses only Node's own modules before
// the packages are installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

export function say(text) {
  process.stderr.write(`» ${text}\n`);
}

/** Runs a command and shows its output; ends this process with the command's exit code if it fails. */
export function must(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) {
    say(`${command}: ${error.message}`);
    process.exit(3);
  }
  if (status !== 0) process.exit(signal ? 130 : (status ?? 1));
}

function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? filesOf(join(folder, e.name)) : [join(folder, e.name)],
  );
}

function digest(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths.sort()) hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

/** Does a step unless its inputs are unchanged since it was last done. */
function once(stamp, inputs, text, work) {
  const now = digest(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  say(text);
  work();
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, now);
}

export async function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.version} is too old: lvslab needs 20.19 or newer`);
    process.exit(3);
  }
  once('node_modules/.lvslab', ['package-lock.json', 'package.json'], 'installing npm packages', () =>
    must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
  );
  once('dist/.lvslab', [...filesOf('src'), 'scripts/build.mjs', 'package-lock.json'], 'building', () =>
    must(process.execPath, ['scripts/build.mjs']),
  );
  const { ensureEngine } = await import('./engine.mjs');
  await ensureEngine(say);
  must(process.execPath, ['bin/lab', 'images', 'build']);
}
