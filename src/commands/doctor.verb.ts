import { KERNEL_CHOICES } from '../model/words.ts';
import { choice, common, given, maybe, verb } from './verb.ts';

export const doctor = verb({
  name: 'doctor',
  summary: 'show what this machine and its engine can do',
  arguments: { lab: maybe('[lab]', 'a lab: which kernel each of its nodes gets here, and why', 'lab') },
  flags: {
    json: common.json(),
    again: given('--again', 'probe the kernels again'),
    dpvs: common.dpvs(),
    kernel: choice('--kernel <kernel>', 'with a lab: kernel for the nodes that need their own', KERNEL_CHOICES),
  },
  examples: ['lab doctor', 'lab doctor dr-one-arm', 'lab doctor --json', 'lab doctor --dpvs ./dpvs/bin'],
  run: async ({ lab }, options) => {
    const { doctor, doctorOf } = await import('./doctor.ts');
    return lab === undefined ? doctor(options) : doctorOf(lab, options);
  },
});
