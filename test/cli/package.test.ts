import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-package-'));
const installed = join(folder, 'node_modules', 'lvslab');
const TSC = resolve('node_modules/.bin/tsc');
const run = (file: string, args: readonly string[]) =>
  execFileSync(file, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' },
  });

/** A user's program. */
const PROGRAM = `import { type Event, Failure, Lab } from 'lvslab';
try {
  const told: Event[] = [];
  const lab = await Lab.up('no-such-lab', { onEvent: (event) => told.push(event) });
  const { figures } = await lab.outage({ fault: 'kill:lb1', runs: 3 });
  const median: number | undefined = figures['outage']?.median;
  for await (const event of lab.events()) if (event.type === 'summary') break;
  throw new Error(String(median));
} catch (error) {
  if (error instanceof Failure) process.stdout.write(error.reason);
}
`;

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/declarations.mjs']);
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
  const [tarball = ''] = readdirSync(folder).filter((f) => f.endsWith('.tgz'));
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what it needs, and nothing else', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'images',
      'lab.schema.json',
      'labs',
      'package.json',
    ]);
    expect(readdirSync(join(installed, 'dist')).filter((f) => f.endsWith('.map'))).toEqual([]);
  });

  it('runs where nothing else is installed', () =>
    expect(run(process.execPath, [join(installed, 'bin', 'lab'), 'validate', 'dr-one-arm'])).toContain(
      'valid (4 nodes, 1 service)',
    ));

  it('is a library with types', () => {
    writeFileSync(join(folder, 'program.mts'), PROGRAM);
    const compiler = { module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'], strict: true };
    const compilerOptions = { ...compiler, types: ['node'], typeRoots: [resolve('node_modules/@types')] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.mts'] }));
    run(TSC, ['-p', '.']);
    expect(run(process.execPath, ['program.mjs'])).toBe('no-such-lab');
  });

  it('has the surface that its users know: a change of it shows here', async () => {
    const types = join(installed, 'dist', 'types', 'library');
    const surface = readdirSync(types)
      .sort()
      .map((file) => `// ${file}\n${readFileSync(join(types, file), 'utf8')}`);
    await expect(surface.join('\n')).toMatchFileSnapshot('library.txt');
  });
});
