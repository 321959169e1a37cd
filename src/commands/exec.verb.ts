import { one, several, verb } from './verb.ts';

const node = {
  lab: one('<lab>', 'name of a running lab', 'running lab'),
  node: one('<node>', 'name of a node', 'node'),
};

export const exec = verb({
  name: 'exec',
  summary:
    'run a command in a node (in its own kernel if it has one); output is passed through unchanged, control characters included',
  arguments: { ...node, command: several('<command...>', 'the command, after --', 'command') },
  flags: {},
  passThrough: true,
  examples: [
    'lab exec fnat-keepalived lb1 -- ipvsadm -Ln',
    'lab exec fnat-keepalived client -- curl 192.168.100.254',
    'lab exec fnat-keepalived rs1 -- svc stop nginx',
  ],
  run: async (args) => (await import('./exec.ts')).exec(args.lab, args.node, args.command),
});

export const shell = verb({
  name: 'shell',
  summary:
    'open a shell in a node (in its own kernel if it has one); output is passed through unchanged, control characters included',
  arguments: node,
  flags: {},
  examples: ['lab shell fnat-keepalived lb1'],
  run: async (args) => (await import('./exec.ts')).exec(args.lab, args.node, ['bash', '-i']),
});
