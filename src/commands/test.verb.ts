import { DRIVER_CHOICES } from '../model/words.ts';
import { choice, common, count, given, several, text, verb } from './verb.ts';

export const test = verb({
  name: 'test',
  summary: 'test labs: contract and scenario, with evidence',
  arguments: { labs: several('[labs...]', 'folders of labs/, paths to lab files, or running labs') },
  flags: {
    all: given('--all', 'every lab of labs/'),
    jobs: count('-j, --jobs <n>', 'labs to test at once (default: as many as CPUs and memory allow)'),
    ...common.lab(),
    driver: choice(
      '--driver <driver>',
      'load balancer for directors without `driver:`; both: each lab with every driver that can run it',
      DRIVER_CHOICES,
    ),
    allowOutside: common.allowOutside(),
    json: common.json(),
    timeout: common.timeout(),
    report: text('--report <dir>', 'keep results, events, packets, logs and tables in this folder'),
    keep: given('--keep', 'leave the lab running afterwards'),
    bail: given('--bail', 'stop a lab’s test after the first step with a failed check'),
    again: count(
      '--again <n>',
      're-run a lab, at most n times, if nothing failed and a check was inconclusive because a node was stalled',
    ),
  },
  examples: [
    'lab test fnat-keepalived',
    'lab test fnat-keepalived --report ./report',
    'lab test fnat-keepalived --json',
    'lab test --all -j 4 --report ./report',
    'lab test fnat-two-arm fnat-keepalived --driver both',
  ],
  run: async ({ labs }, options) => (await import('./test.ts')).test(labs, options),
});
