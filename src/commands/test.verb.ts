import { DRIVER_CHOICES } from '../model/words.ts';
import { parseAxis } from './matrix.ts';
import { choice, common, count, given, part, pattern, positive, repeated, several, text, verb } from './verb.ts';

export const test = verb({
  name: 'test',
  summary: 'test labs: contract and scenario, with evidence',
  arguments: {
    labs: several('[labs...]', 'folders of labs/, paths to lab files, or running labs', 'lab or running lab'),
  },
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
    verbose: given('--verbose', 'on a terminal, show checks that passed in full, too'),
    timeout: common.timeout(),
    report: text(
      '--report <dir>',
      'keep results, packets, logs and tables in this folder, with a page that shows them (report.html)',
      'folder',
    ),
    summary: text(
      '--summary <file>',
      'append a summary in Markdown to this file (default: $GITHUB_STEP_SUMMARY, if set)',
      'file',
    ),
    keep: given('--keep', 'leave the lab running afterwards'),
    bail: given('--bail', 'stop a lab’s test after the first step with a failed check'),
    again: count(
      '--again <n>',
      're-run a lab, at most n times, if nothing failed and a check was inconclusive because a node was stalled',
    ),
    grep: pattern(
      '--grep <pattern>',
      'only steps that a regular expression matches in LAB STEP or, with one of their checks, LAB STEP ID SUBJECT; labs without such a step are left out',
    ),
    shard: part('--shard <i/n>', 'only part i of n of the labs: whole labs, divided alike on every machine'),
    durations: text(
      '--durations <path>',
      'divide by the durations in a folder of reports or a durations.json (default: labs/durations.json, if it is there)',
      'file',
    ),
    matrix: repeated(
      '--matrix <axis=values>',
      'test each lab with every combination of these values, one after the other; axes: kernel, driver, qemu, keepalived, frr',
      parseAxis,
    ),
    repeat: positive('--repeat <n>', 'test each lab n times; one that passes and fails is called flaky'),
    untilFailure: given('--until-failure', 'test each lab until it fails, at most as often as --repeat says'),
    failFast: given('--fail-fast', 'start no other lab, and no other run, after one that failed'),
    lastFailed: given('--last-failed', 'only labs that did not pass when they were last tested from this folder'),
    failedIn: text('--failed-in <dir>', 'only labs that did not pass in a folder of reports', 'folder'),
  },
  notes: [
    'Exit codes: 0 everything passed, also if nothing was left to test; 1 a check failed, in any run;',
    '2 wrong usage, an invalid lab file, or --grep matches nothing; 3 the machine cannot run a lab, or a',
    'check was inconclusive or skipped with its lab, and nothing failed; 130 interrupted.',
  ],
  examples: [
    'lab test fnat-keepalived',
    'lab test fnat-keepalived --report ./report',
    'lab test fnat-keepalived --json',
    'lab test --all -j 4 --report ./report',
    'lab test fnat-two-arm fnat-keepalived --driver both',
    'lab test vrrp --grep "killed" --repeat 20',
    'lab test --all --shard 2/8 --durations ./earlier --report ./report',
    'lab test dr-one-arm --matrix qemu=5.10,6.1,6.12 --matrix keepalived=image,./keepalived',
    'lab test --last-failed',
  ],
  run: async ({ labs }, options) => (await import('./test.ts')).test(labs, options),
});
