import { count, one, unless, verb } from './verb.ts';

export const ui = verb({
  name: 'ui',
  summary: 'show running labs in the browser, live: topology, masters, tables, what a client gets; faults by click',
  arguments: {},
  flags: {
    port: count('--port <n>', 'the port of the page (default: a free one)'),
    open: unless('--no-open', 'print the address, open no browser'),
    probe: unless('--no-probe', 'let no client ask the service of a lab that is looked at'),
  },
  notes: [
    'The page is served on the loopback address, to whoever has its whole address: the part behind # is a token, which',
    'every request but that for the empty page must have. Ctrl-C ends it; labs, and faults that are active, stay.',
  ],
  examples: ['lab ui', 'lab ui --port 8080 --no-open'],
  run: async (_, options) => (await import('./ui.ts')).ui(options),
});

export const watch = verb({
  name: 'watch',
  summary: 'show a running lab live in the terminal; without a terminal, a line for each change',
  arguments: { lab: one('<lab>', 'name of a running lab', 'running lab') },
  flags: { probe: unless('--no-probe', 'let no client ask its service') },
  notes: ['It goes on when the lab is taken down or the engine is out of reach, until Ctrl-C.'],
  examples: ['lab watch fnat-keepalived', 'lab watch fnat-keepalived --no-probe'],
  run: async ({ lab }, options) => (await import('./watch.ts')).watch(lab, options),
});
