import { one, required, several, text, verb } from './verb.ts';

export const merge = verb({
  name: 'merge',
  summary: 'merge reports, such as those of shards from several machines, into one',
  arguments: { folders: several('<folders...>', 'folders of reports, or folders that hold several of them', 'folder') },
  flags: {
    out: required('--out <dir>', 'the folder of the merged report; empty, or not there yet', 'folder'),
    summary: text(
      '--summary <file>',
      'append a summary in Markdown to this file (default: $GITHUB_STEP_SUMMARY, if set)',
      'file',
    ),
  },
  notes: [
    'A lab that was tested in several folders counts once: the test that started last, with all its runs; it is called',
    'flaky if one of them passed and another failed. Every lab of every shard must be there.',
    'Exit codes are those of `lab test`: 0, 1 or 3, as if one machine had tested everything; 3 also if a shard or a lab',
    'is missing, and 2 if the shards do not belong together.',
  ],
  examples: ['lab report merge ./shard-1 ./shard-2 --out ./report', 'lab report merge ./artifacts --out ./report'],
  run: async ({ folders }, options) => (await import('./report.ts')).mergeReports(folders, options),
});

export const open = verb({
  name: 'open',
  summary: 'open the page of a report, report.html, in the browser; without a terminal, print its address',
  arguments: { folder: one('<folder>', 'the folder of a report', 'folder') },
  flags: {},
  examples: ['lab report open ./report'],
  run: async ({ folder }) => (await import('./report.ts')).openReport(folder),
});
