import { common, maybe, one, verb } from './verb.ts';

export const fault = verb({
  name: 'fault',
  summary: 'injure a running lab, until `lab heal`',
  arguments: {
    lab: maybe('[lab]', 'a running lab; without it, the list of all faults'),
    fault: maybe('[fault]', 'what is done: kill:lb1; without it, what stands'),
  },
  flags: {},
  examples: [
    'lab fault',
    'lab fault fnat-keepalived kill:lb1',
    'lab fault fnat-keepalived cut:lb1@lan',
    'lab fault fnat-keepalived',
  ],
  run: async (args) => (await import('./fault.ts')).fault(args.lab, args.fault),
});

export const heal = verb({
  name: 'heal',
  summary: 'undo faults, and what a test that was killed left changed: a killed node comes back with its wires',
  arguments: {
    lab: one('<lab>', 'a running lab'),
    fault: maybe('[fault]', 'the fault that is undone; without it, all that stands'),
  },
  flags: { timeout: common.timeout() },
  examples: ['lab heal fnat-keepalived', 'lab heal fnat-keepalived kill:lb1'],
  run: async (args, { timeout }) => (await import('./fault.ts')).healFaults(args.lab, args.fault, timeout),
});
