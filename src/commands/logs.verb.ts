import { count, given, maybe, one, verb } from './verb.ts';

export const logs = verb({
  name: 'logs',
  summary: 'show the output of nodes and their programs; on a terminal, control characters are shown as escapes',
  arguments: {
    lab: one('<lab>', 'name of a running lab', 'running lab'),
    node: maybe('[node]', 'name of a node (default: all)', 'node'),
  },
  flags: {
    follow: given('-f, --follow', 'keep printing new lines'),
    timestamps: given('--timestamps', 'begin each line with its time stamp'),
    tail: count('--tail <lines>', 'only the last lines'),
    raw: given('--raw', 'pass control characters through to the terminal'),
  },
  examples: ['lab logs fnat-keepalived lb1', 'lab logs fnat-keepalived -f --timestamps'],
  run: async ({ lab, node }, options) => (await import('./logs.ts')).logs(lab, node, options),
});
