#!/usr/bin/env node
// How long the shell waits for completions, as a ratio of what Node takes to start; without an engine.
import { spawnSync } from 'node:child_process';

const ROUNDS = 10;
const env = { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' };

function median(args) {
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    spawnSync(process.execPath, args, { env });
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[ROUNDS / 2];
}

const bare = median(['-e', '0']);
process.stdout.write(`node itself ${bare.toFixed(0)} ms\n`);
for (const words of [['t'], ['exec', ''], ['up', 'fnat']]) {
  const ms = median(['bin/lab', '__complete', ...words]);
  process.stdout.write(
    `lab ${words.join(' ')}<TAB> ${ms.toFixed(0)} ms, ${(ms / bare).toFixed(1)} times node itself\n`,
  );
}
