// Bundles src/ into dist/: one file with the code that every call needs, and others that are loaded with their verb; and
// web/ into the shell of a report's page and the live page.
import { rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { livePage, pageShell } from './page.mjs';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/main.ts', library: 'src/library/index.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  sourcemap: 'linked',
  // Optional parts of ssh2 and ws that are not there. `open` declares a name of the banner itself; it is loaded only where a browser is to be opened.
  external: ['cpu-features', '*.node', 'open', 'bufferutil', 'utf-8-validate'],
  // Libraries in the older module format need these.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; import { fileURLToPath as __toPath } from 'node:url'; const require = __createRequire(import.meta.url); const __filename = __toPath(import.meta.url); const __dirname = __toPath(new URL('.', import.meta.url));",
  },
  logLevel: 'warning',
});
writeFileSync('dist/report.html', await pageShell());
writeFileSync('dist/live.html', await livePage());
