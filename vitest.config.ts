import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Tests whose labs are named as those of the catalogue, or as many as the machine bears, and those that take an image away:
 * one file after the other.
 */
const WHOLE = ['labs', 'matrix', 'dpvs', 'registry'].map((name) => `test/docker/${name}.test.ts`);

const cpus = availableParallelism();

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Labs within a file that do not depend on each other run side by side (`it.concurrent`).
    maxConcurrency: cpus,
    projects: [
      {
        extends: true,
        test: { name: 'quick', include: ['test/{unit,cli,web}/**/*.test.ts'], maxWorkers: cpus, sequence: { groupOrder: 0 } },
      },
      {
        // Half of their time labs wait, for adverts, dead intervals and health checks: two files are tested side by side.
        extends: true,
        test: {
          ...{ name: 'engine', include: ['test/docker/**/*.test.ts'], exclude: WHOLE },
          ...{ globalSetup: 'test/docker/host-state.ts', maxWorkers: 2, sequence: { groupOrder: 1 } },
        },
      },
      {
        extends: true,
        test: {
          ...{ name: 'whole', include: WHOLE, globalSetup: 'test/docker/host-state.ts' },
          ...{ fileParallelism: false, sequence: { groupOrder: 2 } },
        },
      },
    ],
  },
});
