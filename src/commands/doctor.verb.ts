import { common, given, verb } from './verb.ts';

export const doctor = verb({
  name: 'doctor',
  summary: 'show what this machine and its engine can do',
  arguments: {},
  flags: { json: common.json(), again: given('--again', 'probe the kernels again'), dpvs: common.dpvs() },
  examples: ['lab doctor', 'lab doctor --json', 'lab doctor --dpvs ./dpvs/bin'],
  run: async (_, options) => (await import('./doctor.ts')).doctor(options),
});
