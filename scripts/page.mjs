// Pages as one HTML file each, with nothing from elsewhere: the shell of a report's page, web/report, with a place for the
// data; and the live page, web/live.
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

/** Returns a page of web/: its script, its style, and a policy that lets nothing else run. */
async function page(folder, { title, body, head = '', more = [] }) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const script = await bundle(`web/${folder}/main.tsx`, {
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { VERSION: JSON.stringify(version) },
  });
  const style = await bundle(`web/${folder}/page.css`, { target: 'es2022' });
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    ...more,
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
<title>${title}</title>
${head}<style>${style}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;
}

/** Returns the shell of a report's page, in which `@@DATA@@` stands for the data. */
export function pageShell() {
  return page('report', {
    title: 'lvslab test report',
    body: `<noscript>This report is drawn by a script. results.json and junit.xml beside it say the same.</noscript>
<div id="app"></div>
<script type="text/plain" id="data">@@DATA@@</script>`,
  });
}

/** Returns the live page, which may connect to its own server only. */
export function livePage() {
  return page('live', {
    title: 'lvslab',
    body: `<noscript>This page is drawn by a script. \`lab watch\` shows a lab in the terminal.</noscript>
<div id="app"></div>`,
    head: '<link rel="icon" href="data:,">\n', // else the browser asks the server for one
    more: ["connect-src 'self'", 'img-src data:'],
  });
}
