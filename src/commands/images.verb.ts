import { common, given, verb } from './verb.ts';

export const build = verb({
  name: 'build',
  summary: 'build the images that are missing',
  arguments: {},
  flags: { verbose: given('--verbose', 'show every line of the build') },
  examples: ['lab images build', 'lab images build --verbose'],
  run: async (_, options) => (await import('./images.ts')).build(options),
});

export const ls = verb({
  name: 'ls',
  summary: 'list the images, and whether the engine has them',
  arguments: {},
  flags: { json: common.json() },
  examples: ['lab images ls'],
  run: async (_, options) => (await import('./images.ts')).ls(options),
});
