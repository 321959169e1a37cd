import { common, given, one, unless, verb } from './verb.ts';

export const up = verb({
  name: 'up',
  summary: 'bring a lab up, or start those of its parts that are missing',
  arguments: { lab: one('<lab>', 'a folder of labs/, or a path to a lab file', 'lab') },
  flags: {
    ...common.lab(),
    allowOutside: common.allowOutside(),
    recreate: given('--recreate', 'remove the lab and start over, even if it is running'),
    wait: unless('--no-wait', 'return when nodes are ready, before services answer'),
    dryRun: given('--dry-run', 'print the plan, change nothing'),
    timeout: common.timeout(),
  },
  examples: [
    'lab up fnat-keepalived',
    'lab up ./my/lab.yaml --name second',
    'lab up fnat-keepalived --kernel host --recreate',
  ],
  run: async ({ lab }, options) => (await import('./up.ts')).up(lab, options),
});
