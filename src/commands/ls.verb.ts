import { common, verb } from './verb.ts';

export const ls = verb({
  name: 'ls',
  summary: 'list running labs',
  arguments: {},
  flags: { json: common.json() },
  examples: ['lab ls', 'lab ls --json'],
  run: async (_, options) => (await import('./ls.ts')).ls(options),
});
