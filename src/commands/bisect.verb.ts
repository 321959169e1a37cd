import { common, one, required, several, text, verb } from './verb.ts';

const { driver: _, ...flags } = common.lab();

export const bisect = verb({
  name: 'bisect',
  summary: 'find the commit of a program with which a check of a lab begins to fail',
  arguments: {
    lab: one('<lab>', 'folder of labs/, or path to a lab file', 'lab'),
    command: several('<command...>', 'the command that builds the program, after --', 'command'),
  },
  flags: {
    check: required('--check <id>', 'ID of the check that passes with one commit and fails with another'),
    good: required('--good <revision>', 'a commit with which it passes'),
    bad: required('--bad <revision>', 'a later one with which it fails'),
    in: text('--in <dir>', 'the program’s git repository (default: this folder)', 'folder'),
    ...flags,
    allowOutside: common.allowOutside(),
    timeout: common.timeout(),
  },
  notes: [
    'The command runs in the repository, once for each commit that is tried. If it fails, or the check can be judged',
    'neither passed nor failed, git skips the commit. The repository must have no changes; afterwards it is as it was.',
    'Exit codes: 0 the commit is found; 3 it is not; 2 wrong usage; 130 interrupted.',
  ],
  examples: [
    'lab bisect vrrp --check failover.outage --good v2.2.8 --bad master --in ~/keepalived --keepalived ~/keepalived/bin/keepalived -- make -j4',
  ],
  run: async ({ lab, command }, options) => (await import('./bisect.ts')).bisect(lab, command, options),
});
