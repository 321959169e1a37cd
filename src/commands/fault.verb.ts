import { common, maybe, one, verb } from './verb.ts';

export const fault = verb({
  name: 'fault',
  summary: 'inject a fault into a running lab; it stays active until `lab heal`',
  arguments: {
    lab: maybe('[lab]', 'name of a running lab; without it, every kind of fault is listed', 'running lab'),
    fault: maybe('[fault]', 'the fault, such as kill:lb1; without it, active faults are listed', 'fault'),
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
  summary: 'heal active faults, and undo what an aborted test left changed; a killed node comes back with its wires',
  arguments: {
    lab: one('<lab>', 'name of a running lab', 'running lab'),
    fault: maybe('[fault]', 'the fault to heal; without it, all active faults', 'fault'),
  },
  flags: { timeout: common.timeout() },
  examples: ['lab heal fnat-keepalived', 'lab heal fnat-keepalived kill:lb1'],
  run: async (args, { timeout }) => (await import('./fault.ts')).healFaults(args.lab, args.fault, timeout),
});
