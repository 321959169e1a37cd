// The shell of a report's page: web/report as one HTML file with a place for the data, and nothing from elsewhere.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

/** Bundles a file, and returns its text. */
async function bundle(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    charset: 'utf8',
    logLevel: 'warning',
    ...options,
  });
  return outputFiles[0].text.trim();
}

/** Returns the shell, in which `@@DATA@@` stands for the data. */
export async function pageShell() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const script = await bundle('web/report/main.tsx', {
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { VERSION: JSON.stringify(version) },
  });
  const style = await bundle('web/report/page.css', { target: 'es2022' });
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>lvslab test report</title>
<style>${style}</style>
</head>
<body>
<noscript>This report is drawn by a script. results.json and junit.xml beside it say the same.</noscript>
<div id="app"></div>
<script type="text/plain" id="data">@@DATA@@</script>
<script>${script}</script>
</body>
</html>
`;
}
