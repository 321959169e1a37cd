import { common, several, verb } from './verb.ts';

export const validate = verb({
  name: 'validate',
  summary: 'check lab files, list every mistake, and advise',
  arguments: { labs: several('<labs...>', 'folders of labs/, or paths to lab files', 'lab') },
  flags: { allowOutside: common.allowOutside(), json: common.json() },
  examples: ['lab validate fnat-keepalived', 'lab validate ./my/lab.yaml --json'],
  run: async ({ labs }, options) => (await import('./validate.ts')).validate(labs, options),
});
