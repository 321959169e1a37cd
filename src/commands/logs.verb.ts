import { count, given, maybe, one, verb } from './verb.ts';

export const logs = verb({
  name: 'logs',
  summary: 'show what nodes and their programs wrote; control characters are written out on a terminal',
  arguments: { lab: one('<lab>', 'name of a running lab'), node: maybe('[node]', 'name of a node (default: all)') },
  flags: {
    follow: given('-f, --follow', 'go on as they write'),
    timestamps: given('--timestamps', 'begin each line with its time'),
    tail: count('--tail <lines>', 'only the last lines'),
    raw: given('--raw', 'as they wrote it, on a terminal too, which then obeys its control characters'),
  },
  examples: ['lab logs fnat-keepalived lb1', 'lab logs fnat-keepalived -f --timestamps'],
  run: async ({ lab, node }, options) => (await import('./logs.ts')).logs(lab, node, options),
});
