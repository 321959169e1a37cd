import { common, count, given, several, text, verb } from './verb.ts';

export const test = verb({
  name: 'test',
  summary: 'prove labs: contract and scenario, with evidence',
  arguments: { labs: several('[labs...]', 'folders of labs/, paths to lab files, or running labs') },
  flags: {
    all: given('--all', 'every lab of labs/'),
    jobs: count('-j, --jobs <n>', 'how many labs at once (default: what processors and memory bear)'),
    ...common.lab(),
    allowOutside: common.allowOutside(),
    json: common.json(),
    timeout: common.timeout(),
    report: text('--report <dir>', 'keep results, events, packets, logs and tables in this folder'),
    keep: given('--keep', 'leave the lab running afterwards'),
    bail: given('--bail', 'end a lab’s test with the first step in which a check fails'),
    again: count(
      '--again <n>',
      'test a lab once more, at most n times, when nothing failed and a verdict was not reached because a node stood still',
    ),
  },
  examples: [
    'lab test fnat-keepalived',
    'lab test fnat-keepalived --report ./report',
    'lab test fnat-keepalived --json',
    'lab test --all -j 4 --report ./report',
  ],
  run: async ({ labs }, options) => (await import('./test.ts')).test(labs, options),
});
