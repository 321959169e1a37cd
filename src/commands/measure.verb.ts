import { common, count, given, one, required, text, texts, verb } from './verb.ts';

export const measure = verb({
  name: 'measure',
  summary: 'inject a fault and heal it many times, and measure its impact on clients',
  arguments: {
    lab: one('<lab>', 'a folder of labs/, a path to a lab file, or the name of a running lab', 'lab or running lab'),
  },
  flags: {
    fault: required('--fault <fault>', 'the fault, such as kill:lb1; `lab fault` lists every kind', 'fault'),
    runs: count('--runs <n>', 'number of runs').standard(20),
    service: text('--service <service>', 'service to measure (default: the first)', 'service'),
    clients: texts('--clients <client...>', 'clients that probe it (default: the first)', 'client'),
    flows: count('--flows <n>', 'connections that each client holds open').standard(1),
    ...common.lab(),
    allowOutside: common.allowOutside(),
    json: common.json(),
    timeout: common.timeout(),
    report: text('--report <dir>', 'keep every run’s results, packets, samples and logs in this folder', 'folder'),
    keep: given('--keep', 'leave the lab running afterwards'),
  },
  examples: [
    'lab measure fnat-keepalived --fault kill:lb1 --runs 20',
    'lab measure nat-mysql --fault stop:director1/keepalived --json',
    'lab measure dr-ospf --fault kill:lb1 --service mh --clients one two --flows 64',
  ],
  run: async ({ lab }, options) => (await import('./measure.ts')).measure(lab, options),
});
