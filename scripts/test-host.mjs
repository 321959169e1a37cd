// npm run test:host: runs the labs with --kernel host on the engine at DOCKER_HOST (or the default one).

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { must, say, setup } from './setup.mjs';

await setup();
let failed = 0;
let passed = 0;
const labs = process.argv.length > 2 ? process.argv.slice(2) : readdirSync('labs');
for (const lab of labs) {
  say(`lab test ${lab} --kernel host`);
  const { status } = spawnSync(
    process.execPath,
    ['bin/lab', 'test', lab, '--name', `host-${lab}`, '--kernel', 'host'],
    { stdio: 'inherit' },
  );
  if (status === 130) process.exit(130);
  if (status === 0) passed++;
  else failed++;
}
must(process.execPath, ['bin/lab', 'ls']);
process.stdout.write(`${passed} passed, ${failed} failed, 0 skipped\n`);
process.exit(failed > 0 ? 1 : 0);
