import { given, verb } from './verb.ts';

export const schema = verb({
  name: 'schema',
  summary: 'print the JSON Schema of lab files',
  arguments: {},
  flags: { reference: given('--reference', 'print the reference of all keys instead, as Markdown') },
  examples: ['lab schema > lab.schema.json', 'lab schema --reference'],
  run: async (_, options) => (await import('./schema.ts')).schema(options),
});
