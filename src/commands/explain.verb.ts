import { common, maybe, one, verb } from './verb.ts';

export const explain = verb({
  name: 'explain',
  summary: 'explain how a packet travels in a lab, hop by hop, why, and which check proves it',
  arguments: {
    lab: one('<lab>', 'a folder of labs/, a path to a lab file, or the name of a running lab', 'lab or running lab'),
    service: maybe('[service]', 'a service, or an SNAT rule (default: all of the lab)', 'service'),
  },
  flags: {
    driver: common.lab().driver,
    json: common.json(),
    allowOutside: common.allowOutside(),
  },
  examples: ['lab explain dr-two-arm', 'lab explain hybrid web', 'lab explain tun-one-arm --json'],
  run: async ({ lab, service }, options) => (await import('./explain.ts')).explain(lab, service, options),
});
