import { common, one, verb } from './verb.ts';

export const compareVerb = verb({
  name: 'compare',
  summary: 'compare the reports of two versions: verdicts and figures that changed',
  arguments: {
    before: one(
      '<before>',
      'a folder of reports (`lab test --report`, `lab measure --report`), or a file of `--json`',
      'file',
    ),
    after: one('<after>', 'the same, of the other version', 'file'),
  },
  flags: { json: common.json() },
  examples: ['lab compare ./before ./after', 'lab compare ./keepalived-2.2.7 ./keepalived-2.3.3 --json'],
  run: async ({ before, after }, options) => (await import('./compare.ts')).compareReports(before, after, options),
});
