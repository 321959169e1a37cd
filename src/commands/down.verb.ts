import { given, several, verb } from './verb.ts';

export const down = verb({
  name: 'down',
  summary: 'remove labs, and everything that belongs to them',
  arguments: { labs: several('[labs...]', 'names of running labs', 'running lab') },
  flags: { all: given('--all', 'every lab on this engine') },
  examples: ['lab down fnat-keepalived', 'lab down --all'],
  run: async ({ labs }, options) => (await import('./down.ts')).down(labs, options),
});
