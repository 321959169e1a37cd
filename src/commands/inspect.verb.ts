import { common, one, verb } from './verb.ts';

export const inspect = verb({
  name: 'inspect',
  summary: 'show addresses, state, service tables, VRRP masters, and active faults',
  arguments: { lab: one('<lab>', 'name of a running lab', 'running lab') },
  flags: { json: common.json() },
  examples: ['lab inspect fnat-keepalived', 'lab inspect fnat-keepalived --json'],
  run: async ({ lab }, options) => (await import('./inspect.ts')).inspect(lab, options),
});
