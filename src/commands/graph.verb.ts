import { common, given, one, verb } from './verb.ts';

export const graph = verb({
  name: 'graph',
  summary: 'draw segments, nodes, addresses, VIPs, and packet paths',
  arguments: {
    lab: one('<lab>', 'a folder of labs/, a path to a lab file, or the name of a running lab', 'lab or running lab'),
  },
  flags: {
    svg: given('--svg', 'as SVG'),
    mermaid: given('--mermaid', 'as a Mermaid flowchart'),
    allowOutside: common.allowOutside(),
  },
  examples: ['lab graph dr-two-arm', 'lab graph dr-two-arm --svg > dr-two-arm.svg', 'lab graph dr-two-arm --mermaid'],
  run: async ({ lab }, options) => (await import('./graph.ts')).graph(lab, options),
});
