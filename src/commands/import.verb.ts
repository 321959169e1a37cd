import { common, required, several, text, verb } from './verb.ts';

export const importVerb = verb({
  name: 'import',
  summary: 'write a lab from real configurations: keepalived.conf, or rules of ipvsadm',
  arguments: {
    confs: several('<confs...>', 'keepalived.conf of each director, or the output of ipvsadm-save -n', 'file'),
  },
  flags: {
    dir: required('--dir <dir>', 'folder to write to; it must not have a lab.yaml yet', 'folder'),
    role: text(
      '--role <confs>',
      'the configurations in the order of their roles, with commas: master.conf,backup.conf',
    ),
    facts: text(
      '--facts <dir>',
      'folder with the outputs of ip addr and ip route of the machines, plain or JSON',
      'folder',
    ),
    allowOutside: common.allowOutside(),
  },
  examples: [
    'lab import /etc/keepalived/keepalived.conf --dir ./mine',
    'lab import a.conf b.conf --role b.conf,a.conf --facts ./machines --dir ./mine',
    'lab import rules.ipvsadm --dir ./mine',
  ],
  run: async ({ confs }, options) => (await import('./import.ts')).importConfs(confs, options),
});
