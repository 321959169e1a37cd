import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/host/**'],
    // Files run one after the other: each checks that it leaves nothing on the engine. Labs within a file that do not
    // depend on each other run side by side (`it.concurrent`), as many as `lab test --all` runs.
    fileParallelism: false,
    maxConcurrency: availableParallelism() + 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
